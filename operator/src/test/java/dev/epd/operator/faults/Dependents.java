package dev.epd.operator.faults;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What the operator makes for a cluster, and what others do to it by hand. */
final class Dependents {
  /** Every kind that it makes. */
  static final List<String> KINDS =
      List.of(
          "EPDPool",
          "Deployment",
          "Service",
          "ServiceAccount",
          "Secret",
          "Role",
          "RoleBinding",
          "PodDisruptionBudget",
          "NetworkPolicy",
          "ControllerRevision");

  /** Kinds that are written once and never again: the operator has no right to change them. */
  static final Set<String> WRITTEN_ONCE = Set.of("Secret", "ControllerRevision");

  /** With them pods go. */
  static final Set<String> WITH_PODS = Set.of("EPDPool", "Deployment", "ReplicaSet", "Pod");

  /** For each kind a field of the operator's with another value. */
  private static final Map<String, String> EDITS =
      Map.of(
          "EPDPool",
          "{\"spec\":{\"replicasOwner\":\"External\"}}",
          "Deployment",
          "{\"spec\":{\"progressDeadlineSeconds\":77}}",
          "Service",
          "{\"spec\":{\"selector\":{\"epd.dev/role\":\"nobody\"}}}",
          "ServiceAccount",
          "{\"automountServiceAccountToken\":true}",
          "Role",
          "{\"rules\":[{\"apiGroups\":[\"\"],\"resources\":[\"pods\"],\"verbs\":[\"get\"]}]}",
          "RoleBinding",
          "{\"subjects\":[{\"kind\":\"Group\",\"apiGroup\":\"rbac.authorization.k8s.io\",\"name\":\"x\"}]}",
          "PodDisruptionBudget",
          "{\"spec\":{\"maxUnavailable\":3}}",
          "NetworkPolicy",
          "{\"spec\":{\"policyTypes\":[\"Egress\"]}}");

  private Dependents() {}

  static boolean isEditable(String kind) {
    return EDITS.containsKey(kind);
  }

  static String edit(String kind) {
    String edit = EDITS.get(kind);
    if (edit == null) {
      throw new IllegalArgumentException("no edit of " + kind);
    }
    return edit;
  }

  /** The cluster's objects of a kind, in an order; specs that are kept as history left out. */
  static List<GenericKubernetesResource> of(Scene scene, String kind) {
    return scene.objects(kind).list().getItems().stream()
        .filter(o -> labels(o).containsKey("epd.dev/cluster"))
        .filter(o -> !kind.equals("ControllerRevision") || labels(o).containsKey("epd.dev/role"))
        .sorted(Comparator.comparing(o -> o.getMetadata().getName()))
        .toList();
  }

  private static Map<String, String> labels(GenericKubernetesResource object) {
    Map<String, String> labels = object.getMetadata().getLabels();
    return labels == null ? Map.of() : labels;
  }

  /** The same object as somebody else would make it: a name and what is in it. */
  static GenericKubernetesResource stripped(GenericKubernetesResource object) {
    GenericKubernetesResource copy = new GenericKubernetesResource();
    copy.setApiVersion(object.getApiVersion());
    copy.setKind(object.getKind());
    copy.setMetadata(
        new ObjectMetaBuilder()
            .withNamespace(object.getMetadata().getNamespace())
            .withName(object.getMetadata().getName())
            .build());
    object
        .getAdditionalProperties()
        .forEach(
            (name, value) -> {
              if (!name.equals("status")) {
                copy.setAdditionalProperty(name, value);
              }
            });
    return copy;
  }
}
