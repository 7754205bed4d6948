package dev.epd.operator.walks;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What the operator makes in a namespace, and the pods of it, without what differs between two
 * clusters of one spec: identities, times, statuses. What is kept of earlier specs (revisions,
 * empty ReplicaSets) is left out, and so is the number of a pool that somebody else owns.
 */
public record Children(Map<String, String> objects) {
  private static final List<ResourceDefinitionContext> KINDS =
      List.of(
          kind("epd.dev", "v1alpha1", "EPDPool", "epdpools"),
          kind("apps", "v1", "Deployment", "deployments"),
          kind("", "v1", "Pod", "pods"),
          kind("", "v1", "Service", "services"),
          kind("", "v1", "ServiceAccount", "serviceaccounts"),
          kind("", "v1", "Secret", "secrets"),
          kind("rbac.authorization.k8s.io", "v1", "Role", "roles"),
          kind("rbac.authorization.k8s.io", "v1", "RoleBinding", "rolebindings"),
          kind("policy", "v1", "PodDisruptionBudget", "poddisruptionbudgets"),
          kind("networking.k8s.io", "v1", "NetworkPolicy", "networkpolicies"));

  /** What a namespace holds now. */
  public static Children of(KubernetesClient client, String namespace) {
    Map<String, String> objects = new TreeMap<>();
    for (ResourceDefinitionContext kind : KINDS) {
      Map<String, Integer> pods = new TreeMap<>();
      for (GenericKubernetesResource object :
          client.genericKubernetesResources(kind).inNamespace(namespace).list().getItems()) {
        Map<String, String> labels = object.getMetadata().getLabels();
        if (labels == null || !labels.containsKey("epd.dev/cluster")) {
          continue;
        }
        if (kind.getKind().equals("Pod")) {
          pods.merge(
              labels.get("epd.dev/role") + " " + labels.get("epd.dev/compatibility-key"),
              1,
              Integer::sum);
        } else {
          ObjectNode tree = Serialization.jsonMapper().valueToTree(object);
          objects.put(
              kind.getKind() + " " + object.getMetadata().getName(),
              plain(tree).toPrettyString().replace(namespace, "NAMESPACE"));
        }
      }
      pods.forEach((name, count) -> objects.put("Pods " + name, Integer.toString(count)));
    }
    return new Children(objects);
  }

  /** What stands here and not there, and the other way round; empty: nothing. */
  public String differenceTo(Children other) {
    StringBuilder text = new StringBuilder();
    TreeSet<String> names = new TreeSet<>(objects.keySet());
    names.addAll(other.objects.keySet());
    for (String name : names) {
      List<String> here = new ArrayList<>(objects.getOrDefault(name, "").lines().toList());
      List<String> there = new ArrayList<>(other.objects.getOrDefault(name, "").lines().toList());
      if (!here.equals(there)) {
        List<String> both = List.copyOf(here);
        here.removeAll(there);
        there.removeAll(both);
        text.append(name).append('\n');
        here.forEach(l -> text.append("+ ").append(l).append('\n'));
        there.forEach(l -> text.append("- ").append(l).append('\n'));
      }
    }
    return text.toString();
  }

  private static ObjectNode plain(ObjectNode object) {
    ObjectNode metadata = (ObjectNode) object.get("metadata");
    metadata.retain("labels", "finalizers", "ownerReferences", "deletionTimestamp");
    metadata.path("ownerReferences").forEach(ref -> ((ObjectNode) ref).remove("uid"));
    object.remove(List.of("status", "data"));
    if (object.path("spec") instanceof ObjectNode spec) {
      spec.remove(List.of("clusterIP", "clusterIPs"));
      if (!spec.path("replicasOwner").asText("Cluster").equals("Cluster")) {
        spec.remove("replicas");
      }
    }
    withoutRevision(object);
    return object;
  }

  /** Pods of a spec that says the same in other words stay, under the label that they have. */
  private static void withoutRevision(JsonNode node) {
    switch (node) {
      case ObjectNode object -> {
        object.remove("epd.dev/revision");
        object.forEach(Children::withoutRevision);
      }
      case ArrayNode array -> array.forEach(Children::withoutRevision);
      default -> {}
    }
  }

  private static ResourceDefinitionContext kind(
      String group, String version, String kind, String plural) {
    return new ResourceDefinitionContext.Builder()
        .withGroup(group)
        .withVersion(version)
        .withKind(kind)
        .withPlural(plural)
        .withNamespaced(true)
        .build();
  }
}
