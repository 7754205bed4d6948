package dev.epd.operator.walks;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.util.List;
import java.util.Map;

/** Good specs that walks set out from and come back to. */
public final class Bases {
  private static final ObjectNode THREE_POOLS =
      yaml(
          """
          model: {name: shapes, source: {pvc: {claimName: models, path: shapes}}}
          runtime: {image: "epd.dev/runtime:dev"}
          encoder: {replicas: 1}
          prefill: {replicas: 1}
          decode: {replicas: 1}
          """);

  private static final ObjectNode AUTOSCALED =
      yaml(
          """
          model: {name: shapes, source: {image: {reference: "epd.dev/model:dev"}}}
          runtime:
            image: "epd.dev/runtime:dev"
            env: [{name: LEVEL, value: info}]
            imagePullSecrets: [{name: registry}]
          encoder:
            autoscaling: {minReplicas: 1, maxReplicas: 2, policyRef: {name: quick}}
            resources: {gpu: {count: 1}, limits: {cpu: 2, memory: 4Gi}}
            placement: {nodeSelector: {disk: ssd}, tolerations: [{operator: Exists}], spread: Node}
          prefill: {replicas: 1, engine: {maxSequences: 4}, rollout: {maxSurge: 0, maxUnavailable: 1}}
          decode: {replicas: 1, drain: {timeout: 5s}, startup: {timeout: 1m}}
          scaling: {maxGPUs: 4}
          """);

  private static final ObjectNode ALL_IN_ONE =
      yaml(
          """
          model: {name: shapes, source: {pvc: {claimName: models}}}
          runtime: {image: "epd.dev/runtime:dev"}
          gateway: {replicas: 1, resources: {requests: {cpu: 100m}}, disruption: {budget: None}}
          prefill:
            replicas: 1
            resources: {claims: [{name: gpu, resourceClaimTemplateName: one-gpu}]}
            template: {metadata: {annotations: {team: a}}}
          network: {policy: None}
          """);

  private static final Map<String, ObjectNode> ALL =
      Map.of("three-pools", THREE_POOLS, "autoscaled", AUTOSCALED, "all-in-one", ALL_IN_ONE);

  private Bases() {}

  /** Their names, in an order that does not change. */
  public static List<String> names() {
    return ALL.keySet().stream().sorted().toList();
  }

  /** A copy of the spec. */
  public static ObjectNode spec(String name) {
    return requireNonNull(ALL.get(name), name).deepCopy();
  }

  /** The spec of the policy that the autoscaled base names. */
  public static ObjectNode policy() {
    return yaml("mode: Auto\nbehavior: {interval: 200ms, scaleDown: {idleTime: 1s}}");
  }

  private static ObjectNode yaml(String text) {
    return Serialization.unmarshal(text, ObjectNode.class);
  }
}
