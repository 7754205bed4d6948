package dev.epd.operator.autoscaling;

import dev.epd.api.v1alpha1.Autoscaling;
import dev.epd.api.v1alpha1.EPDAutoscalingPolicy;
import dev.epd.api.v1alpha1.EPDAutoscalingPolicySpec;
import dev.epd.api.v1alpha1.EPDPool;
import dev.epd.api.v1alpha1.EPDPoolStatus;
import dev.epd.api.v1alpha1.Reason;
import dev.epd.api.v1alpha1.ReplicasOwner;
import dev.epd.api.v1alpha1.Role;
import dev.epd.api.v1alpha1.ScaleDecision;
import dev.epd.api.v1alpha1.ScalingMode;
import dev.epd.api.v1alpha1.ScalingSignal;
import dev.epd.autoscaler.Decision;
import dev.epd.autoscaler.Look;
import dev.epd.autoscaler.PolicySettings;
import dev.epd.autoscaler.PoolState;
import dev.epd.autoscaler.Scaler;
import dev.epd.autoscaler.ScalerMemory;
import dev.epd.autoscaler.Schedule;
import dev.epd.operator.autoscaling.ScalingMetrics.PoolGauges;
import dev.epd.operator.kube.Events;
import dev.epd.operator.kube.PoolPatch;
import dev.epd.operator.kube.Unreadable;
import dev.epd.planner.FieldManagers;
import dev.epd.planner.Names;
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

  /** The pool that was decided on is an older one than there is now: it is on its way here. */
  private static final Duration AFTER_A_CONFLICT = Duration.ofMillis(100);

  private final String namespace;
  private final String name;
  private final String uid;
  private final PoolView view;
  private final LoadSource load;
  private final ScaleWriter writer;
  private final Events events;
  private final ScalingMetrics metrics;
  private final Neighbours neighbours;
  private final InstantSource clock;
  private final Signals signals;
  private final Freshness freshness = new Freshness();
  private final Reporting reporting = new Reporting();
  private final OpenWrites open = new OpenWrites();
  private final Waiting waiting;
  private @Nullable ScalerMemory memory;
  private @Nullable Policy known;

  /** What the status says is wrong with the policy; null when nothing is. */
  private @Nullable String complaint;

  /**
   * @param uid of the pool: one that is made anew under its name has a scaler of its own
   */
  PoolScaler(
      String namespace,
      String name,
      String uid,
      PoolView view,
      LoadSource load,
      ScaleWriter writer,
      Events events,
      ScalingMetrics metrics,
      Neighbours neighbours,
      InstantSource clock) {
    this.namespace = namespace;
    this.name = name;
    this.uid = uid;
    this.view = view;
    this.load = load;
    this.waiting = new Waiting(load);
    this.writer = writer;
    this.events = events;
    this.metrics = metrics;
    this.neighbours = neighbours;
    this.clock = clock;
    this.signals = new Signals(load::get);
  }

  /** Runs until the pool is gone, is not autoscaled, or the thread is interrupted. */
  void run() throws InterruptedException {
    try (PoolGauges gauges = metrics.pool(namespace, name)) {
      while (!Thread.currentThread().isInterrupted()) {
        long began = System.nanoTime();
        Optional<EPDPool> pool =
            view.pool(namespace, name)
                .filter(PoolScaler::isOurs)
                .filter(p -> uid.equals(p.getMetadata().getUid()));
        if (pool.isEmpty()) {
          return;
        }
        Asked asked = asked(pool.get());
        Optional<Policy> policy = policy(pool.get());
        Pods pods = Pods.of(pool.get(), view);
        LoadTargets targets = pods.targets();
        boolean conflict = false;
        try {
          if (policy.isPresent()
              && isOurTurn(pool.get(), policy.get().mode())
              && !isEmptying(pool.get())) {
            look(pool.get(), policy.get(), pods, gauges);
          } else {
            neighbours.forget(uid);
          }
        } catch (KubernetesClientException e) {
          metrics.failed();
          // A conflict says that the pool has changed since: the next look sees how.
          conflict = e.getCode() == HttpURLConnection.HTTP_CONFLICT;
          LOG.logf(
              conflict ? Logger.Level.DEBUG : Logger.Level.WARN,
              "%s/%s was not scaled: %s",
              namespace,
              name,
              e.getMessage());
        }
        Duration interval =
            policy
                .map(Policy::spec)
                .orElse(EPDAutoscalingPolicySpec.DEFAULT)
                .behaviorOrDefault()
                .intervalOrDefault();
        waiting.untilNextLook(
            targets,
            pool.get().getSpec().replicasOrDefault() == 0,
            conflict
                ? AFTER_A_CONFLICT
                : Waiting.rest(interval, Duration.ofNanos(System.nanoTime() - began)),
            () -> !view.pool(namespace, name).map(this::asked).equals(Optional.of(asked)));
      }
    } finally {
      neighbours.forget(uid);
    }
  }

  /** What was asked for, apart from the load. */
  private record Asked(@Nullable Autoscaling bounds, Optional<EPDAutoscalingPolicySpec> policy) {}

  private Asked asked(EPDPool pool) {
    Autoscaling bounds = pool.getSpec().autoscaling();
    return new Asked(
        bounds,
        bounds == null || bounds.policyRef() == null
            ? Optional.empty()
            : view.policy(namespace, bounds.policyRef().name()).map(EPDAutoscalingPolicy::getSpec));
  }

  static boolean isOurs(EPDPool pool) {
    return pool.getSpec().autoscaling() != null
        && !pool.getSpec().suspended()
        && pool.getMetadata().getDeletionTimestamp() == null;
  }

  /**
   * Whether to look now. Not while the number is about to be handed over, nor when somebody else
   * changed it: the cluster's reconciler puts it back and says so.
   */
  private static boolean isOurTurn(EPDPool pool, ScalingMode mode) {
    if (mode != ScalingMode.Auto) {
      return true;
    }
    ScaleDecision last = pool.getStatus() == null ? null : pool.getStatus().lastDecision();
    boolean overwritten =
        last != null
            && last.wasActedOn()
            && last.to() != pool.getSpec().replicasOrDefault()
            && !PoolPatch.isHeldBy(pool, FieldManagers.AUTOSCALER);
    return pool.getSpec().replicasOwner() == ReplicasOwner.Autoscaler && !overwritten;
  }

  /** A suspended cluster whose gateway goes first: no load is known and none will come. */
  private boolean isEmptying(EPDPool pool) {
    String gateway = Names.pool(pool.getSpec().clusterRef().name(), Role.GATEWAY);
    return view.pool(namespace, gateway).filter(p -> p.getSpec().suspended()).isPresent();
  }

  private void look(EPDPool pool, Policy policy, Pods pods, PoolGauges gauges)
      throws InterruptedException {
    Autoscaling own = pool.getSpec().autoscaling();
    if (own == null) {
      return;
    }
    ScalingMode mode = policy.mode();
    Optional<Decision> shown = open.settled(pool);
    if (shown.isPresent() && mode == ScalingMode.Auto) {
      happened(pool, shown.get(), mode, clock.instant());
    }
    PolicySettings settings = Mapping.settings(policy.spec());
    Scrape scrape = load.read(pods.targets()).fresh(freshness, settings.staleAfter());
    Look look = signals.look(policy.signals(), pool.getSpec().role(), scrape);
    Instant now = clock.instant();
    ScalerMemory before =
        memory != null
            ? memory
            : ScalerMemory.takeOver(
                Mapping.learned(pool.getStatus()),
                Mapping.changes(pool.getStatus(), pool.getSpec().replicasOrDefault(), now),
                now);
    PoolState state =
        Mapping.state(
            pool,
            Mapping.bounds(own, pool.getSpec().role(), policy.schedules(), now),
            pods.own(),
            now);
    Decision decision =
        Scaler.decide(look, state, settings, before, neighbours.of(pool, view), now);
    neighbours.decided(pool, state, decision);
    boolean acts = mode == ScalingMode.Auto;
    metrics.decided(decision, acts);
    if (acts && decision.changes()) {
      open.trying(pool, decision);
      writer.scale(pool, decision.to());
      open.written(pool);
      LOG.infof("%s/%s: %s", namespace, name, decision.sentence());
    }
    metrics.written(Duration.between(now, clock.instant()));
    gauges.looked(decision, state, acts, now);
    happened(pool, decision, mode, now);
  }

  /** Only what was written: a decision that could not be written has not happened. */
  private void happened(EPDPool pool, Decision decision, ScalingMode mode, Instant now) {
    memory = decision.memory();
    if (reporting.isAction(decision, mode)) {
      boolean acts = mode == ScalingMode.Auto;
      events.normal(pool, acts ? Reason.Scaled : Reason.Recommended, decision.sentence());
    }
    if (reporting.isNews(decision, mode) || complaint != null) {
      EPDPoolStatus status = reporting.status(pool, decision, mode, now);
      writer.report(pool, status);
      reporting.written(decision, mode, status);
      complaint = null;
    }
  }

  /** A policy as it counts for the pool's role, read once for every version of it. */
  private record Policy(
      EPDAutoscalingPolicySpec spec, List<ScalingSignal> signals, List<Schedule> schedules) {
    ScalingMode mode() {
      return spec.modeOrDefault();
    }
  }

  private Optional<Policy> policy(EPDPool pool) {
    Autoscaling bounds = pool.getSpec().autoscaling();
    if (bounds == null || bounds.policyRef() == null) {
      EPDAutoscalingPolicySpec defaults = EPDAutoscalingPolicySpec.DEFAULT;
      return Optional.of(
          new Policy(defaults, Signals.of(defaults, pool.getSpec().role()), List.of()));
    }
    String wanted = bounds.policyRef().name();
    Optional<EPDAutoscalingPolicy> named = view.policy(namespace, wanted);
    Optional<String> unreadable = named.flatMap(Unreadable::why);
    if (unreadable.isPresent()) {
      invalid(pool, wanted, unreadable.get());
      return Optional.empty();
    }
    Optional<EPDAutoscalingPolicySpec> found = named.map(EPDAutoscalingPolicy::getSpec);
    if (found.isEmpty()) {
      complain(
          pool,
          Reason.PolicyMissing,
          "EPDAutoscalingPolicy " + wanted + " does not exist in this namespace: create it");
      return Optional.empty();
    }
    Policy known = this.known;
    if (known != null && known.spec().equals(found.get())) {
      return Optional.of(known);
    }
    try {
      Policy read =
          new Policy(
              found.get(),
              Signals.of(found.get(), pool.getSpec().role()),
              Mapping.schedules(found.get()));
      this.known = read;
      return Optional.of(read);
    } catch (IllegalArgumentException e) {
      invalid(pool, wanted, e.getMessage());
      return Optional.empty();
    }
  }

  private void invalid(EPDPool pool, String policy, @Nullable String why) {
    complain(
        pool,
        Reason.PolicyInvalid,
        "EPDAutoscalingPolicy %s, %s; the pool is held at its size".formatted(policy, why));
  }

  private void complain(EPDPool pool, Reason reason, String message) {
    if (message.equals(complaint)) {
      return;
    }
    try {
      writer.report(pool, Reporting.undecided(pool, reason, message, clock.instant()));
      complaint = message;
    } catch (KubernetesClientException e) {
      LOG.warnf("status of %s/%s was not written: %s", namespace, name, e.getMessage());
    }
  }

  /**
   * The pods of one look, taken before its pages are read: shares of those that answer must not be
   * taken for shares of one that has become ready since.
   *
   * @param own those of the pool that the gateways which take requests may send to: in a change of
   *     key not the new set
   */
  private record Pods(List<Pod> own, List<Pod> gateways) {
    static Pods of(EPDPool pool, PoolView view) {
      String namespace = pool.getMetadata().getNamespace();
      String cluster = pool.getSpec().clusterRef().name();
      List<Pod> gateways = view.pods(namespace, cluster, Role.GATEWAY);
      List<Pod> own = view.pods(namespace, cluster, pool.getSpec().role());
      return new Pods(Mapping.within(own, gateways), gateways);
    }

    LoadTargets targets() {
      return new LoadTargets(
          Mapping.ready(gateways), Mapping.leaving(gateways), Mapping.ready(own));
    }
  }
}
