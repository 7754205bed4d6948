package dev.epd.operator.cluster;

import dev.epd.api.v1alpha1.EPDCluster;
import dev.epd.api.v1alpha1.EPDClusterStatus;
import dev.epd.operator.kube.Applier;
import dev.epd.operator.kube.EndingNamespace;
import dev.epd.operator.kube.Events;
import dev.epd.operator.kube.FirstLists;
import dev.epd.operator.kube.FirstLooks;
import dev.epd.operator.kube.Informers;
import dev.epd.operator.kube.OwnWrites;
import dev.epd.planner.ApiServerPorts;
import dev.epd.planner.ClusterObservation;
import dev.epd.planner.ClusterPlan;
import dev.epd.planner.ClusterPlanner;
import dev.epd.planner.ClusterStatusPlanner;
import dev.epd.planner.FieldManagers;
import dev.epd.planner.Problem;
import dev.epd.planner.ReplicaIntent;
import dev.epd.planner.SpecRevisions;
import dev.epd.planner.UnreadableStatus;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
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
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** EPDCluster: observe, plan, apply, report. Retries without end; looks again every two minutes. */
@ControllerConfiguration(
    name = "epd-cluster",
    fieldManager = FieldManagers.CLUSTER,
    informer = @Informer(informerListLimit = Informers.PAGE),
    maxReconciliationInterval =
        @MaxReconciliationInterval(interval = 2, timeUnit = TimeUnit.MINUTES))
@GradualRetry(
    maxAttempts = -1,
    initialInterval = 1000,
    intervalMultiplier = 2,
    maxInterval = 60_000)
public class ClusterReconciler
    // The framework without Quarkus finds the type of the object only where it is named directly.
    implements Reconciler<EPDCluster>, ConfigurableReconciler<EPDCluster> {
  /** How soon a number that was seeded is handed to its owner. */
  private static final Duration HAND_OVER = Duration.ofMillis(200);

  /**
   * What stands in the way may go without an event: a quota, an admission policy, a stranger's
   * object.
   */
  private static final Duration AFTER_A_PROBLEM = Duration.ofSeconds(30);

  private final SigningKeys signingKeys;
  private final SpecHistory history;
  private final Events events;
  private final InstantSource clock;
  private final ApiServerPorts apiServer;
  private final OwnWrites<EPDClusterStatus, EPDCluster> statuses;
  private final FirstLooks<EPDCluster, EPDClusterStatus> firstLooks;
  private volatile @Nullable ClusterSources sources;

  /**
   * A reconciler that writes through the given client.
   *
   * @param apiServer for the gateways' network policies
   */
  public ClusterReconciler(
      KubernetesClient client, Events events, InstantSource clock, ApiServerPorts apiServer) {
    this.apiServer = apiServer;
    this.signingKeys = new SigningKeys(client, clock);
    this.history = new SpecHistory(client);
    this.events = events;
    this.clock = clock;
    this.statuses = new OwnWrites<>(clock, Serialization::clone);
    this.firstLooks =
        new FirstLooks<>(EPDClusterStatus::observedGeneration, cluster -> false, cluster -> {});
  }

  @Override
  public void updateConfigurationFrom(ControllerConfigurationOverrider<EPDCluster> configuration) {
    firstLooks.keepBack(configuration);
  }

  @Override
  public List<EventSource<?, EPDCluster>> prepareEventSources(
      EventSourceContext<EPDCluster> context) {
    ClusterSources made = new ClusterSources(context);
    sources = made;
    return Stream.concat(made.all().stream(), Stream.of(firstLooks.readingFrom(context))).toList();
  }

  @Override
  public UpdateControl<EPDCluster> reconcile(EPDCluster cached, Context<EPDCluster> context) {
    firstLooks.looking(cached);
    ClusterSources from = sources;
    if (from == null || cached.getMetadata().getDeletionTimestamp() != null) {
      return UpdateControl.noUpdate();
    }
    if (!from.firstLists().areThere(cached.getMetadata().getNamespace())) {
      return UpdateControl.<EPDCluster>noUpdate().rescheduleAfter(FirstLists.LOOK_AGAIN);
    }
    EPDCluster cluster = statuses.upToDate(cached);
    Optional<String> unreadable = from.unreadable(cluster);
    if (unreadable.isPresent()) {
      report(cluster, UnreadableStatus.of(cluster, unreadable.get(), clock), context);
      return UpdateControl.noUpdate();
    }
    ClusterObservation seen = from.observe(cluster, signingKeys, context);
    ClusterPlan plan = ClusterPlanner.plan(seen, apiServer);
    ClusterExecutor executor = new ClusterExecutor(from, signingKeys, events, context);
    List<Problem> refused = executor.execute(plan, seen);

    // With the pools as they were just written: what they reported before is of another spec.
    ClusterObservation after = seen.withPools(from.pools(cluster));
    SpecHistory.Kept kept = history.keep(cluster);
    EPDClusterStatus status =
        ClusterStatusPlanner.status(after, plan.with(refused), kept.problem(), clock);
    report(cluster, status.withRevision(kept.revision()), context);
    boolean seeded =
        plan.pools().stream().anyMatch(p -> p.replicas() instanceof ReplicaIntent.Seed);
    UpdateControl<EPDCluster> done = UpdateControl.noUpdate();
    if (seeded) {
      return done.rescheduleAfter(HAND_OVER);
    }
    if (executor.wrote()) {
      return done.rescheduleAfter(Applier.AFTER_A_WRITE);
    }
    boolean isAllDone =
        plan.problems().isEmpty()
            && refused.isEmpty()
            && SpecRevisions.name(cluster).equals(kept.revision());
    return isAllDone ? done : done.rescheduleAfter(AFTER_A_PROBLEM);
  }

  private void report(EPDCluster cluster, EPDClusterStatus status, Context<EPDCluster> context) {
    if (!status.equals(cluster.getStatus())) {
      statuses.written(Applier.applyStatus(withStatus(cluster, status), context), status);
    }
  }

  @Override
  public ErrorStatusUpdateControl<EPDCluster> updateErrorStatus(
      EPDCluster cluster, Context<EPDCluster> context, Exception failure) {
    return EndingNamespace.onError(failure);
  }

  /** Name and status alone: what an apply of the status may hold. */
  private static EPDCluster withStatus(EPDCluster cluster, EPDClusterStatus status) {
    EPDCluster intent = new EPDCluster();
    intent.setMetadata(
        new ObjectMetaBuilder()
            .withNamespace(cluster.getMetadata().getNamespace())
            .withName(cluster.getMetadata().getName())
            .build());
    intent.setStatus(status);
    return intent;
  }
}
