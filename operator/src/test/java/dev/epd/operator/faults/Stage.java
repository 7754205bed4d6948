package dev.epd.operator.faults;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.Watch;
import io.fabric8.kubernetes.client.Watcher;
import io.fabric8.kubernetes.client.WatcherException;
import io.fabric8.kubernetes.client.readiness.Readiness;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;

/** A namespace in which one story is told; remembers the ready pods that ended. */
final class Stage implements AutoCloseable {
  private final KubernetesClient client;
  private final String namespace;
  private final Story story;

  /** Roles of ready pods that were ended, by the pods' UIDs. */
  private final Map<String, String> ended = new ConcurrentHashMap<>();

  private final Watch watch;

  private Stage(KubernetesClient client, String namespace, Story story) {
    this.client = client;
    this.namespace = namespace;
    this.story = story;
    this.watch =
        client
            .pods()
            .inNamespace(namespace)
            .watch(
                new Watcher<>() {
                  @Override
                  public void eventReceived(Action action, Pod pod) {
                    if (pod.getMetadata().getDeletionTimestamp() != null
                        && "one".equals(pod.getMetadata().getLabels().get("epd.dev/cluster"))
                        && Readiness.isPodReady(pod)) {
                      ended.put(
                          pod.getMetadata().getUid(),
                          pod.getMetadata().getLabels().get("epd.dev/role"));
                    }
                  }

                  @Override
                  public void onClose(WatcherException cause) {}
                });
  }

  /** Makes the namespace and the model's claim, once. */
  static void prepare(KubernetesClient client, String namespace) {
    client
        .resource(
            new NamespaceBuilder().withNewMetadata().withName(namespace).endMetadata().build())
        .create();
    Story.apply(
        client,
        namespace,
        """
        apiVersion: v1
        kind: PersistentVolumeClaim
        metadata: {name: models}
        spec: {storageClassName: "", accessModes: [ReadOnlyMany], resources: {requests: {storage: 1Gi}}, volumeName: %1$s}
        """
            .formatted(namespace));
    client
        .load(
            new java.io.ByteArrayInputStream(
                """
                apiVersion: v1
                kind: PersistentVolume
                metadata: {name: %1$s}
                spec: {storageClassName: "", capacity: {storage: 1Gi}, accessModes: [ReadOnlyMany], hostPath: {path: /models}}
                """
                    .formatted(namespace)
                    .getBytes(java.nio.charset.StandardCharsets.UTF_8)))
        .forceConflicts()
        .serverSideApply();
  }

  /** Sets the namespace, in which nothing stands, to where the story begins. */
  static Stage set(KubernetesClient client, String namespace, Story story) {
    if (!story.before().isEmpty()) {
      Story.apply(client, namespace, story.before());
    }
    return new Stage(client, namespace, story);
  }

  void tell() {
    story.tell(client, namespace);
  }

  Snapshot snapshot() {
    return Snapshot.of(client, namespace);
  }

  /** Whether the spec that stands has been carried out, or nothing is left after a deletion. */
  boolean isSettled() {
    var cluster =
        client
            .genericKubernetesResources("epd.dev/v1alpha1", "EPDCluster")
            .inNamespace(namespace)
            .withName("one")
            .get();
    if (cluster == null) {
      return client
          .pods()
          .inNamespace(namespace)
          .withLabel("epd.dev/cluster", "one")
          .list()
          .getItems()
          .isEmpty();
    }
    Number observed = cluster.get("status", "observedGeneration");
    return observed != null
        && observed.longValue() == cluster.getMetadata().getGeneration()
        && says(cluster, "Ready", "True")
        // Ready also stands while a pool only gets another number.
        && says(cluster, "Progressing", "False");
  }

  private static boolean says(GenericKubernetesResource cluster, String type, String status) {
    return cluster.<List<Map<String, Object>>>get("status", "conditions").stream()
        .anyMatch(c -> type.equals(c.get("type")) && status.equals(c.get("status")));
  }

  /** How many ready pods of a role were ended, where it was more than the story asks for. */
  Map<String, Integer> lost() {
    return lost(Set.of());
  }

  /** The same, but for roles whose pods something else was to end. */
  Map<String, Integer> lost(Set<String> others) {
    Map<String, Integer> lost = new TreeMap<>();
    ended.values().forEach(role -> lost.merge(role, 1, Integer::sum));
    lost.entrySet().removeIf(role -> role.getValue() <= story.mayEnd(role.getKey()));
    lost.keySet().removeAll(others);
    return lost;
  }

  /** Deletes the cluster; true once nothing is left of it. */
  boolean clear() {
    client
        .genericKubernetesResources("epd.dev/v1alpha1", "EPDCluster")
        .inNamespace(namespace)
        .withName("one")
        .delete();
    return client.pods().inNamespace(namespace).list().getItems().isEmpty()
        && snapshot().objects().keySet().stream()
            .allMatch(object -> object.equals("ServiceAccount default"));
  }

  @Override
  public void close() {
    watch.close();
  }
}
