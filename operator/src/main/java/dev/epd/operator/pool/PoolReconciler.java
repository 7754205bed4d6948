package dev.epd.operator.pool;

import dev.epd.api.v1alpha1.Condition;
import dev.epd.api.v1alpha1.ConditionType;
import dev.epd.api.v1alpha1.EPDPool;
import dev.epd.api.v1alpha1.EPDPoolStatus;
import dev.epd.operator.autoscaling.AutoscalerLoop;
import dev.epd.operator.autoscaling.RefusalReader;
import dev.epd.operator.kube.Applier;
import dev.epd.operator.kube.EndingNamespace;
import dev.epd.operator.kube.FirstLists;
import dev.epd.operator.kube.FirstLooks;
import dev.epd.operator.kube.Informers;
import dev.epd.operator.kube.OwnWrites;
import dev.epd.operator.kube.Unreadable;
import dev.epd.planner.FieldManagers;
import dev.epd.planner.NextLook;
import dev.epd.planner.PoolObservation;
import dev.epd.planner.PoolPlan;
import dev.epd.planner.PoolPlanner;
import dev.epd.planner.PoolStatusPlanner;
import dev.epd.planner.UnreadableStatus;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.javaoperatorsdk.operator.api.config.ControllerConfigurationOverrider;
import io.javaoperatorsdk.operator.api.config.informer.Informer;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import io.javaoperatorsdk.operator.api.reconciler.ControllerConfiguration;
import io.javaoperatorsdk.operator.api.reconciler.ErrorStatusUpdateControl;
import io.javaoperatorsdk.operator.api.reconciler.EventSourceContext;
import io.javaoperatorsdk.operator.api.reconciler.MaxReconciliationInterval;
import io.javaoperatorsdk.operator.api.reconciler.Reconciler;
import io.javaoperatorsdk.operator.api.reconciler.UpdateControl;
import io.javaoperatorsdk.operator.processing.event.source.EventSource;
import io.javaoperatorsdk.operator.processing.retry.GradualRetry;
import io.quarkiverse.operatorsdk.runtime.api.ConfigurableReconciler;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** EPDPool: observe, plan, apply, report; hands autoscaled pools to the scaling loop. */
@ControllerConfiguration(
    name = "epd-pool",
    fieldManager = FieldManagers.POOL,
    informer = @Informer(informerListLimit = Informers.PAGE),
    maxReconciliationInterval =
        @MaxReconciliationInterval(
            interval = PoolReconciler.LOOKS_AGAIN_MINUTES,
            timeUnit = TimeUnit.MINUTES))
@GradualRetry(
    maxAttempts = -1,
    initialInterval = 1000,
    intervalMultiplier = 2,
    maxInterval = 60_000)
public class PoolReconciler
    // The framework without Quarkus finds the type of the object only where it is named directly.
    implements Reconciler<EPDPool>, ConfigurableReconciler<EPDPool> {
  /** What stands in the way may go away without an event: a quota, an admission policy. */
  private static final Duration AFTER_A_PROBLEM = Duration.ofSeconds(30);

  static final int LOOKS_AGAIN_MINUTES = 2;
  private static final Duration LOOKS_AGAIN = Duration.ofMinutes(LOOKS_AGAIN_MINUTES);

  private final AutoscalerLoop autoscaler;
  private final ScaleDowns scaleDowns;
  private final DrainWatch drains;
  private final RefusalReader refusals;
  private final KubernetesSerialization json;
  private final InstantSource clock;
  private final OwnWrites<EPDPoolStatus, EPDPool> statuses;
  private final FirstLooks<EPDPool, EPDPoolStatus> firstLooks;
  private volatile @Nullable PoolSources sources;

  /** A reconciler that hands autoscaled pools to the given loop. */
  public PoolReconciler(
      AutoscalerLoop autoscaler,
      ScaleDowns scaleDowns,
      DrainWatch drains,
      RefusalReader refusals,
      KubernetesSerialization json,
      InstantSource clock) {
    this.autoscaler = autoscaler;
    this.scaleDowns = scaleDowns;
    this.drains = drains;
    this.refusals = refusals;
    this.json = json;
    this.clock = clock;
    this.statuses = new OwnWrites<>(clock, Serialization::clone);
    this.firstLooks =
        new FirstLooks<>(EPDPoolStatus::observedGeneration, PoolReconciler::isScaled, this::scale);
  }

  @Override
  public void updateConfigurationFrom(ControllerConfigurationOverrider<EPDPool> configuration) {
    Informers.holdCompactly(configuration, EPDPool.class, EPDPool::new, json);
    firstLooks.keepBack(configuration);
  }

  @Override
  public List<EventSource<?, EPDPool>> prepareEventSources(EventSourceContext<EPDPool> context) {
    PoolSources made = new PoolSources(context, drains, refusals);
    sources = made;
    return Stream.concat(
            made.all().stream(), Stream.of(made.refusals(), firstLooks.readingFrom(context)))
        .toList();
  }

  @Override
  public UpdateControl<EPDPool> reconcile(EPDPool cached, Context<EPDPool> context) {
    drains.lead();
    firstLooks.looking(cached);
    PoolSources from = sources;
    if (from == null || cached.getMetadata().getDeletionTimestamp() != null) {
      return UpdateControl.noUpdate();
    }
    if (!from.firstLists().areThere(cached.getMetadata().getNamespace())) {
      return UpdateControl.<EPDPool>noUpdate().rescheduleAfter(FirstLists.LOOK_AGAIN);
    }
    EPDPool pool = statuses.upToDate(cached);
    Optional<String> unreadable = Unreadable.why(pool);
    if (unreadable.isPresent()) {
      report(pool, UnreadableStatus.of(pool, unreadable.get(), clock), context);
      return UpdateControl.noUpdate();
    }
    autoscaler.ensure(pool, from);
    PoolObservation seen = from.observe(pool, context, clock.instant());
    PoolPlan planned = PoolPlanner.plan(seen);
    scaleDowns.prepare(seen, planned);
    PoolExecutor executor = new PoolExecutor(from, context);
    PoolPlan plan = executor.execute(planned);

    report(pool, PoolStatusPlanner.status(seen, plan, clock), context);
    UpdateControl<EPDPool> done = UpdateControl.noUpdate();
    if (executor.wrote()) {
      return done.rescheduleAfter(Applier.AFTER_A_WRITE);
    }
    if (plan.problem().isPresent()) {
      return done.rescheduleAfter(AFTER_A_PROBLEM);
    }
    // No event tells that time has passed; what is later is seen at the next look anyway.
    return NextLook.after(seen)
        .filter(soon -> soon.compareTo(LOOKS_AGAIN) < 0)
        .map(soon -> done.rescheduleAfter(soon.plusSeconds(1)))
        .orElse(done);
  }

  @Override
  public ErrorStatusUpdateControl<EPDPool> updateErrorStatus(
      EPDPool pool, Context<EPDPool> context, Exception failure) {
    return EndingNamespace.onError(failure);
  }

  private static boolean isScaled(EPDPool pool) {
    return Unreadable.why(pool).isEmpty() && pool.getSpec().autoscaling() != null;
  }

  private void scale(EPDPool pool) {
    PoolSources from = sources;
    if (from != null
        && from.firstLists().areThere(pool.getMetadata().getNamespace())
        && isScaled(pool)) {
      autoscaler.ensure(pool, from);
    }
  }

  private void report(EPDPool pool, EPDPoolStatus status, Context<EPDPool> context) {
    if (!isReported(status, pool.getStatus())) {
      statuses.written(Applier.applyStatus(withStatus(pool, status), context), status);
    }
  }

  /** Compares this writer's part only: the autoscaler's is none of its business. */
  private static boolean isReported(EPDPoolStatus ours, @Nullable EPDPoolStatus live) {
    return live != null
        && Objects.equals(ours.observedGeneration(), live.observedGeneration())
        && Objects.equals(ours.replicas(), live.replicas())
        && Objects.equals(ours.readyReplicas(), live.readyReplicas())
        && Objects.equals(ours.drainingReplicas(), live.drainingReplicas())
        && Objects.equals(ours.selector(), live.selector())
        && Objects.equals(ours.revision(), live.revision())
        && ours.compatibilityKeys().equals(live.compatibilityKeys())
        && ours.readyKeys().equals(live.readyKeys())
        && ours.conditions().equals(withoutAutoscaling(live.conditions()));
  }

  private static List<Condition> withoutAutoscaling(List<Condition> conditions) {
    String type = ConditionType.AutoscalingActive.name();
    return conditions.stream().filter(c -> !c.type().equals(type)).toList();
  }

  /** Name and status alone: what an apply of the status may hold. */
  private static EPDPool withStatus(EPDPool pool, EPDPoolStatus status) {
    EPDPool intent = new EPDPool();
    intent.setMetadata(
        new ObjectMetaBuilder()
            .withNamespace(pool.getMetadata().getNamespace())
            .withName(pool.getMetadata().getName())
            .build());
    intent.setStatus(status);
    return intent;
  }
}
