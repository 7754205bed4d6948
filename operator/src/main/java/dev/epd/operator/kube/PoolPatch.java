package dev.epd.operator.kube;

import dev.epd.api.v1alpha1.EPDPool;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.util.Map;

/** Partial applies of a pool: its number of replicas alone, or one writer's part of its status. */
public final class PoolPatch {
  private PoolPatch() {}

  /** Whether this field manager is among those that hold the number. */
  public static boolean isHeldBy(EPDPool pool, String manager) {
    return pool.getMetadata().getManagedFields().stream()
        .filter(entry -> manager.equals(entry.getManager()) && entry.getFieldsV1() != null)
        .map(entry -> entry.getFieldsV1().getAdditionalProperties().get("f:spec"))
        .anyMatch(spec -> spec instanceof Map<?, ?> fields && fields.containsKey("f:replicas"));
  }

  /** Applies the number, and nothing else, by force. */
  public static void write(KubernetesClient client, EPDPool pool, int replicas, String manager) {
    GenericKubernetesResource intent = only(pool);
    intent.setAdditionalProperty("spec", Map.of("replicas", replicas));
    client.resource(intent).patch(Applier.force(manager));
  }

  /** An intent on this pool that holds no field yet. */
  public static GenericKubernetesResource only(EPDPool pool) {
    GenericKubernetesResource intent = new GenericKubernetesResource();
    intent.setApiVersion(pool.getApiVersion());
    intent.setKind(pool.getKind());
    intent.setMetadata(
        new ObjectMetaBuilder()
            .withNamespace(pool.getMetadata().getNamespace())
            .withName(pool.getMetadata().getName())
            .build());
    return intent;
  }
}
