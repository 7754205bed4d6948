package dev.epd.operator.faults;

import static java.lang.Integer.MAX_VALUE;

import io.fabric8.kubernetes.client.KubernetesClient;
import java.util.Map;

/**
 * One step in the life of a cluster.
 *
 * @param ends the roles whose ready pods the step may end, and how many; all others stay
 */
enum Story {
  CREATE(Map.of()),
  SCALE(Map.of()),
  SCALE_DOWN(Map.of("encoder", 1, "prefill", 2, "decode", 2)),
  ROLL_WITHIN_A_KEY(Map.of("prefill", 2)),
  ROLL_TO_A_NEW_KEY(
      Map.of(
          "gateway", MAX_VALUE, "encoder", MAX_VALUE, "prefill", MAX_VALUE, "decode", MAX_VALUE)),
  REMOVE_A_POOL(Map.of("decode", MAX_VALUE, "gateway", MAX_VALUE)),
  DELETE(
      Map.of(
          "gateway", MAX_VALUE, "encoder", MAX_VALUE, "prefill", MAX_VALUE, "decode", MAX_VALUE));

  private static final String BEFORE = cluster("m", 2, 2, "", "decode: {replicas: 1}");
  private static final String LARGE = cluster("m", 3, 4, "", "decode: {replicas: 3}");

  private final Map<String, Integer> ends;

  Story(Map<String, Integer> ends) {
    this.ends = ends;
  }

  /** How many ready pods of a role may end. */
  int mayEnd(String role) {
    return ends.getOrDefault(role, 0);
  }

  /** What the namespace holds before, in YAML; empty for nothing. */
  String before() {
    return switch (this) {
      case CREATE -> "";
      case SCALE_DOWN -> LARGE;
      default -> BEFORE;
    };
  }

  /** Takes the step. */
  void tell(KubernetesClient client, String namespace) {
    switch (this) {
      case CREATE, SCALE_DOWN -> apply(client, namespace, BEFORE);
      case SCALE -> apply(client, namespace, LARGE);
      case ROLL_WITHIN_A_KEY ->
          apply(
              client,
              namespace,
              cluster(
                  "m", 2, 2, ", runtime: {env: [{name: A, value: b}]}", "decode: {replicas: 1}"));
      case ROLL_TO_A_NEW_KEY ->
          apply(client, namespace, cluster("n", 2, 2, "", "decode: {replicas: 1}"));
      case REMOVE_A_POOL -> apply(client, namespace, cluster("m", 2, 2, "", ""));
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

  private static String cluster(
      String path, int encoders, int prefills, String prefill, String decode) {
    return """
    apiVersion: epd.dev/v1alpha1
    kind: EPDCluster
    metadata: {name: one}
    spec:
      model: {name: m, source: {pvc: {claimName: models, path: %s}}}
      runtime: {image: r:1}
      encoder: {replicas: %d}
      prefill: {replicas: %d%s}
      %s
    """
        .formatted(path, encoders, prefills, prefill, decode);
  }
}
