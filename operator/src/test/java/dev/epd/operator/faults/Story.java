package dev.epd.operator.faults;

import io.fabric8.kubernetes.client.KubernetesClient;
import java.util.Set;

/**
 * One step in the life of a cluster.
 *
 * @param disturbed the roles whose pods the step may end; all others keep theirs
 */
enum Story {
  CREATE(Set.of()),
  SCALE(Set.of()),
  ROLL_WITHIN_A_KEY(Set.of("prefill")),
  ROLL_TO_A_NEW_KEY(Set.of("gateway", "encoder", "prefill", "decode")),
  REMOVE_A_POOL(Set.of("decode", "gateway")),
  DELETE(Set.of("gateway", "encoder", "prefill", "decode"));

  private static final String BEFORE = cluster("m", 2, "", "decode: {replicas: 1}");

  private final Set<String> disturbed;

  Story(Set<String> disturbed) {
    this.disturbed = disturbed;
  }

  Set<String> disturbed() {
    return disturbed;
  }

  /** What the namespace holds before, in YAML; empty for nothing. */
  String before() {
    return this == CREATE ? "" : BEFORE;
  }

  /** Takes the step. */
  void tell(KubernetesClient client, String namespace) {
    switch (this) {
      case CREATE -> apply(client, namespace, BEFORE);
      case SCALE -> apply(client, namespace, cluster("m", 4, "", "decode: {replicas: 3}"));
      case ROLL_WITHIN_A_KEY ->
          apply(
              client,
              namespace,
              cluster("m", 2, ", runtime: {env: [{name: A, value: b}]}", "decode: {replicas: 1}"));
      case ROLL_TO_A_NEW_KEY ->
          apply(client, namespace, cluster("n", 2, "", "decode: {replicas: 1}"));
      case REMOVE_A_POOL -> apply(client, namespace, cluster("m", 2, "", ""));
      case DELETE ->
          client
              .genericKubernetesResources("epd.dev/v1alpha1", "EPDCluster")
              .inNamespace(namespace)
              .withName("one")
              .delete();
    }
  }

  static void apply(KubernetesClient client, String namespace, String yaml) {
    client
        .load(
            new java.io.ByteArrayInputStream(
                yaml.getBytes(java.nio.charset.StandardCharsets.UTF_8)))
        .inNamespace(namespace)
        .forceConflicts()
        .serverSideApply();
  }

  private static String cluster(String path, int prefills, String prefill, String decode) {
    return """
    apiVersion: epd.dev/v1alpha1
    kind: EPDCluster
    metadata: {name: one}
    spec:
      model: {name: m, source: {pvc: {claimName: models, path: %s}}}
      runtime: {image: r:1}
      encoder: {replicas: 2}
      prefill: {replicas: %d%s}
      %s
    """
        .formatted(path, prefills, prefill, decode);
  }
}
