package dev.epd.operator.pool;

import dev.epd.operator.autoscaling.HeldWorkReader;
import dev.epd.planner.FieldManagers;
import dev.epd.planner.HeldWork;
import dev.epd.planner.PoolObservation;
import dev.epd.planner.PoolPlan;
import dev.epd.planner.Victims;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.net.HttpURLConnection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Marks the pods that are to go before their Deployment gets its lower number, whoever lowered it:
 * gateways send them nothing more, and the Deployment picks them. A mark that can't be written is a
 * worse choice, no loss: a pod drains itself whoever picks it.
 */
public final class ScaleDowns {
  private static final Logger LOG = Logger.getLogger(ScaleDowns.class);

  private final KubernetesClient client;
  private final HeldWorkReader work;

  /** Writes through the given client. */
  public ScaleDowns(KubernetesClient client, HeldWorkReader work) {
    this.client = client;
    this.work = work;
  }

  /** To be called before the plan's Deployment is applied. */
  void prepare(PoolObservation seen, PoolPlan plan) {
    List<Pod> candidates = Victims.candidates(seen, plan);
    Map<String, HeldWork> held = candidates.isEmpty() ? Map.of() : held(seen, candidates);
    Victims.Marks marks = Victims.marks(seen, plan, held);
    marks.remove().forEach(pod -> annotate(pod, null, null));
    marks.add().forEach(pod -> annotate(pod, "scale-down", Victims.COST));
  }

  private Map<String, HeldWork> held(PoolObservation seen, List<Pod> candidates) {
    try {
      return work.read(seen.pool().getSpec().role(), candidates, seen.gateways());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Map.of();
    }
  }

  private void annotate(Pod pod, @Nullable String noNewWork, @Nullable String cost) {
    Map<String, @Nullable String> annotations = new HashMap<>();
    annotations.put(Victims.NO_NEW_WORK, noNewWork);
    annotations.put(Victims.DELETION_COST, cost);
    // The UID: a patch must never reach another pod of the same name.
    Map<String, Object> metadata =
        Map.of("uid", pod.getMetadata().getUid(), "annotations", annotations);
    PatchContext merge =
        new PatchContext.Builder()
            .withPatchType(PatchType.JSON_MERGE)
            .withFieldManager(FieldManagers.POOL)
            .build();
    try {
      client
          .pods()
          .inNamespace(pod.getMetadata().getNamespace())
          .withName(pod.getMetadata().getName())
          .patch(merge, client.getKubernetesSerialization().asJson(Map.of("metadata", metadata)));
    } catch (KubernetesClientException e) {
      boolean gone = e.getCode() == HttpURLConnection.HTTP_NOT_FOUND;
      LOG.logf(
          gone ? Logger.Level.DEBUG : Logger.Level.WARN,
          "pod %s was not marked: %s",
          pod.getMetadata().getName(),
          e.getMessage());
    }
  }
}
