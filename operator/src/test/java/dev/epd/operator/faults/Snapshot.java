package dev.epd.operator.faults;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.NumericNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.epd.planner.Victims;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * All that a namespace holds, without what differs between two runs of one story: identities,
 * times, versions, addresses, secret bytes. Of annotations only what the operator gives, of pods
 * only whether they are there, run and are marked (their specs are their ReplicaSet's), of an
 * observed generation only whether it is the object's.
 */
record Snapshot(Map<String, String> objects) {
  static final List<ResourceDefinitionContext> KINDS =
      List.of(
          kind("epd.dev", "v1alpha1", "EPDCluster", "epdclusters"),
          kind("epd.dev", "v1alpha1", "EPDPool", "epdpools"),
          kind("apps", "v1", "Deployment", "deployments"),
          kind("apps", "v1", "ReplicaSet", "replicasets"),
          kind("", "v1", "Pod", "pods"),
          kind("", "v1", "Service", "services"),
          kind("", "v1", "ServiceAccount", "serviceaccounts"),
          kind("", "v1", "Secret", "secrets"),
          kind("rbac.authorization.k8s.io", "v1", "Role", "roles"),
          kind("rbac.authorization.k8s.io", "v1", "RoleBinding", "rolebindings"),
          kind("policy", "v1", "PodDisruptionBudget", "poddisruptionbudgets"),
          kind("networking.k8s.io", "v1", "NetworkPolicy", "networkpolicies"),
          kind("apps", "v1", "ControllerRevision", "controllerrevisions"));

  static Snapshot of(KubernetesClient client, String namespace) {
    Map<String, String> objects = new TreeMap<>();
    for (ResourceDefinitionContext kind : KINDS) {
      Map<String, List<String>> texts = new TreeMap<>();
      for (JsonNode item : list(client, kind, namespace).path("items")) {
        ObjectNode tree = (ObjectNode) item;
        String name = tree.at("/metadata/name").asText();
        String text = plain(kind.getKind(), tree).toPrettyString().replace(namespace, "NAMESPACE");
        // Of the template, and so of the namespace's name too.
        String hash = tree.at("/metadata/labels/pod-template-hash").asText();
        if (!hash.isEmpty()) {
          name = name.substring(0, name.indexOf("-" + hash));
          text = text.replace(hash, "HASH");
        }
        texts.computeIfAbsent(kind.getKind() + " " + name, n -> new ArrayList<>()).add(text);
      }
      texts.forEach((name, same) -> objects.put(name, sorted(same)));
    }
    return new Snapshot(objects);
  }

  /** As the API server says it: a snapshot is taken often, and objects would cost more than it. */
  private static JsonNode list(
      KubernetesClient client, ResourceDefinitionContext kind, String namespace) {
    String group = kind.getGroup().isEmpty() ? "/api/" : "/apis/" + kind.getGroup() + "/";
    String path = group + kind.getVersion() + "/namespaces/" + namespace + "/" + kind.getPlural();
    try {
      return Serialization.jsonMapper().readTree(client.raw(path));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  private static String sorted(List<String> texts) {
    return texts.stream().sorted().collect(Collectors.joining("\n"));
  }

  static ResourceDefinitionContext kind(String name) {
    return KINDS.stream().filter(kind -> name.equals(kind.getKind())).findFirst().orElseThrow();
  }

  /** What stands here and not there, line by line, and the other way round. */
  String differenceTo(Snapshot other) {
    StringBuilder text = new StringBuilder();
    Set<String> names = new TreeSet<>(objects.keySet());
    names.addAll(other.objects.keySet());
    for (String name : names) {
      List<String> here = objects.getOrDefault(name, "").lines().toList();
      List<String> there = other.objects.getOrDefault(name, "").lines().toList();
      if (!here.equals(there)) {
        text.append(name).append('\n');
        here.stream().filter(l -> !there.contains(l)).forEach(l -> text.append("+ " + l + "\n"));
        there.stream().filter(l -> !here.contains(l)).forEach(l -> text.append("- " + l + "\n"));
      }
    }
    return text.toString();
  }

  private static ObjectNode plain(String kind, ObjectNode object) {
    ObjectNode metadata = (ObjectNode) object.get("metadata");
    long generation = metadata.path("generation").asLong();
    metadata.retain("labels", "annotations", "finalizers", "ownerReferences", "deletionTimestamp");
    retainOurs(metadata);
    metadata.path("ownerReferences").forEach(ref -> ((ObjectNode) ref).remove("uid"));
    switch (kind) {
      case "Pod" -> {
        object.remove("spec");
        object.withObjectProperty("status").retain("phase");
      }
      case "ReplicaSet", "Deployment" -> {
        object
            .withObjectProperty("status")
            .retain(
                "replicas",
                "readyReplicas",
                "availableReplicas",
                "updatedReplicas",
                "observedGeneration");
        observed(object, generation);
      }
      case "Secret" -> {
        ObjectNode data = object.withObjectProperty("data");
        List.copyOf(data.properties()).forEach(entry -> data.put(entry.getKey(), "…"));
      }
      case "Service" ->
          object.withObjectProperty("spec").remove(List.of("clusterIP", "clusterIPs"));
      default -> observed(object, generation);
    }
    return object;
  }

  private static void retainOurs(ObjectNode metadata) {
    if (metadata.get("annotations") instanceof ObjectNode annotations) {
      List<String> ours =
          annotations
              .propertyStream()
              .map(Map.Entry::getKey)
              .filter(key -> key.startsWith("epd.dev/") || key.equals(Victims.DELETION_COST))
              // A hash of the owner's UID, among other things.
              .filter(key -> !key.equals("epd.dev/intent"))
              .toList();
      annotations.retain(ours);
      if (ours.isEmpty()) {
        metadata.remove("annotations");
      }
    }
  }

  /** Wherever they stand: no times, and of a generation whether it is the object's. */
  private static void observed(JsonNode node, long generation) {
    switch (node) {
      case ObjectNode object -> {
        object.remove(List.of("lastTransitionTime", "lastUpdateTime"));
        if (object.get("observedGeneration") instanceof NumericNode seen) {
          object.put("observedGeneration", seen.asLong() == generation ? "this" : "another");
        }
        object.forEach(value -> observed(value, generation));
      }
      case ArrayNode array -> array.forEach(value -> observed(value, generation));
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
