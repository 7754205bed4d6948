package dev.epd.operator.autoscaling;

import dev.epd.api.v1alpha1.Autoscaling;
import dev.epd.api.v1alpha1.EPDAutoscalingPolicy;
import dev.epd.api.v1alpha1.EPDAutoscalingPolicySpec;
import dev.epd.api.v1alpha1.EPDPool;
import dev.epd.api.v1alpha1.Reason;
import dev.epd.api.v1alpha1.ReplicasOwner;
import dev.epd.api.v1alpha1.Role;
import dev.epd.api.v1alpha1.ScaleDecision;
import dev.epd.autoscaler.Decision;
import dev.epd.autoscaler.LoadSample;
import dev.epd.autoscaler.PolicySettings;
import dev.epd.autoscaler.Scaler;
import dev.epd.autoscaler.ScalerMemory;
import dev.epd.operator.kube.Events;
import dev.epd.operator.kube.PoolPatch;
import dev.epd.planner.FieldManagers;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.net.HttpURLConnection;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/** The loop of one pool: look, decide, act, report, wait. Used by one thread. */
final class PoolScaler {
  private static final Logger LOG = Logger.getLogger(PoolScaler.class);

  private final String namespace;
  private final String name;
  private final PoolView view;
  private final LoadSource load;
  private final ScaleWriter writer;
  private final Events events;
  private final ScalingMetrics metrics;
  private final InstantSource clock;
  private final Reporting reporting = new Reporting();
  private @Nullable ScalerMemory memory;
  private @Nullable String policyMissed;

  PoolScaler(
      String namespace,
      String name,
      PoolView view,
      LoadSource load,
      ScaleWriter writer,
      Events events,
      ScalingMetrics metrics,
      InstantSource clock) {
    this.namespace = namespace;
    this.name = name;
    this.view = view;
    this.load = load;
    this.writer = writer;
    this.events = events;
    this.metrics = metrics;
    this.clock = clock;
  }

  /**
   * Runs until the pool is gone, has another owner of its replicas, or the thread is interrupted.
   */
  void run() throws InterruptedException {
    while (!Thread.currentThread().isInterrupted()) {
      Optional<EPDPool> pool = view.pool(namespace, name).filter(PoolScaler::isOurs);
      if (pool.isEmpty()) {
        return;
      }
      Optional<EPDAutoscalingPolicySpec> policy = policy(pool.get());
      LoadTargets targets = targets(pool.get());
      try {
        if (policy.isPresent() && !isOverwritten(pool.get())) {
          look(pool.get(), policy.get(), targets);
        }
      } catch (KubernetesClientException e) {
        metrics.failed();
        // A conflict says that the pool has changed since: the next look sees how.
        Logger.Level level =
            e.getCode() == HttpURLConnection.HTTP_CONFLICT ? Logger.Level.DEBUG : Logger.Level.WARN;
        LOG.logf(level, "%s/%s was not scaled: %s", namespace, name, e.getMessage());
      }
      Duration interval =
          policy.orElse(EPDAutoscalingPolicySpec.DEFAULT).behaviorOrDefault().intervalOrDefault();
      load.awaitNextLook(targets, pool.get().getSpec().replicasOrDefault() == 0, interval);
    }
  }

  static boolean isOurs(EPDPool pool) {
    return pool.getSpec().replicasOwner() == ReplicasOwner.Autoscaler
        && pool.getSpec().autoscaling() != null
        && !pool.getSpec().suspended()
        && pool.getMetadata().getDeletionTimestamp() == null;
  }

  /** Somebody else changed the number: the cluster's reconciler puts it back and says so. */
  private static boolean isOverwritten(EPDPool pool) {
    ScaleDecision last = pool.getStatus() == null ? null : pool.getStatus().lastDecision();
    return last != null
        && last.to() != pool.getSpec().replicasOrDefault()
        && !PoolPatch.isHeldBy(pool, FieldManagers.AUTOSCALER);
  }

  private void look(EPDPool pool, EPDAutoscalingPolicySpec policy, LoadTargets targets)
      throws InterruptedException {
    Autoscaling bounds = pool.getSpec().autoscaling();
    if (bounds == null) {
      return;
    }
    LoadSample sample = load.read(targets);
    Instant now = clock.instant();
    PolicySettings settings = Mapping.settings(policy);
    ScalerMemory before =
        memory != null ? memory : ScalerMemory.takeOver(Mapping.learned(pool.getStatus()), now);
    Decision decision =
        Scaler.decide(sample, Mapping.state(pool, bounds, pods(pool), now), settings, before, now);
    metrics.decided(decision);
    if (decision.changes()) {
      writer.scale(pool, decision.to());
      LOG.infof("%s/%s: %s", namespace, name, decision.sentence());
    }
    // Only now: a decision that could not be written has not happened.
    memory = decision.memory();
    if (reporting.isNews(decision)) {
      writer.report(pool, Reporting.status(pool, decision, now));
      reporting.written(decision);
      policyMissed = null;
    }
    if (decision.changes()) {
      events.normal(pool, Reason.Scaled, decision.sentence());
    }
  }

  private Optional<EPDAutoscalingPolicySpec> policy(EPDPool pool) {
    Autoscaling bounds = pool.getSpec().autoscaling();
    if (bounds == null || bounds.policyRef() == null) {
      return Optional.of(EPDAutoscalingPolicySpec.DEFAULT);
    }
    String wanted = bounds.policyRef().name();
    Optional<EPDAutoscalingPolicySpec> found =
        view.policy(namespace, wanted).map(EPDAutoscalingPolicy::getSpec);
    if (found.isEmpty() && !wanted.equals(policyMissed)) {
      try {
        writer.report(pool, Reporting.policyMissing(pool, wanted, clock.instant()));
        policyMissed = wanted;
      } catch (KubernetesClientException e) {
        LOG.warnf("status of %s/%s was not written: %s", namespace, name, e.getMessage());
      }
    }
    return found;
  }

  private LoadTargets targets(EPDPool pool) {
    String cluster = pool.getSpec().clusterRef().name();
    return new LoadTargets(
        Mapping.ready(view.pods(namespace, cluster, Role.GATEWAY)), Mapping.ready(pods(pool)));
  }

  private List<Pod> pods(EPDPool pool) {
    return view.pods(namespace, pool.getSpec().clusterRef().name(), pool.getSpec().role());
  }
}
