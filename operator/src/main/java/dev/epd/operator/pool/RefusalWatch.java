package dev.epd.operator.pool;

import dev.epd.api.v1alpha1.Condition;
import dev.epd.api.v1alpha1.ConditionType;
import dev.epd.api.v1alpha1.EPDPool;
import dev.epd.api.v1alpha1.Reason;
import dev.epd.api.v1alpha1.Role;
import dev.epd.operator.autoscaling.PoolView;
import dev.epd.operator.autoscaling.RefusalReader;
import dev.epd.planner.Refusals;
import io.fabric8.kubernetes.api.model.Pod;
import io.javaoperatorsdk.operator.processing.event.Event;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import io.javaoperatorsdk.operator.processing.event.source.AbstractEventSource;
import io.javaoperatorsdk.operator.processing.event.source.ResourceEventAware;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Asks the gateways of every cluster whether they refuse pods that are ready, which no object of
 * the API server says. Told is what two looks in a row have found; that it is over, at once.
 */
final class RefusalWatch extends AbstractEventSource<Void, EPDPool>
    implements ResourceEventAware<EPDPool> {
  private static final Logger LOG = Logger.getLogger(RefusalWatch.class);

  /** Twice this, and what a gateway takes to notice, is ten seconds, if gateways answer. */
  private static final Duration BETWEEN = Duration.ofSeconds(3);

  /** So many looks until pools are looked for that are gone unnoticed. */
  private static final int BETWEEN_SWEEPS = 20;

  private final RefusalReader reader;
  private final PoolView view;

  /** By gateway pool. */
  private final ConcurrentMap<ResourceID, Known> known = new ConcurrentHashMap<>();

  private @Nullable Thread looks;

  /**
   * @param last what the last look found
   */
  record Known(String uid, String cluster, Refusals told, Refusals last) {
    static Known nothing(String uid, String cluster) {
      return new Known(uid, cluster, Refusals.UNKNOWN, Refusals.UNKNOWN);
    }

    Known with(Refusals now) {
      return switch (now) {
        case Refusals.Unknown _ -> this;
        case Refusals.None none -> new Known(uid, cluster, none, none);
        case Refusals.Some some ->
            new Known(uid, cluster, last instanceof Refusals.Some s ? agreed(s, some) : told, some);
      };
    }

    /** Of two looks that differ the one is told that says less, if nothing is told yet. */
    private Refusals agreed(Refusals.Some before, Refusals.Some now) {
      if (before.problem().reason() == now.problem().reason()) {
        return now;
      }
      return told instanceof Refusals.Some
          ? told
          : now.problem().reason() == Reason.PodsRefused ? now : before;
    }
  }

  RefusalWatch(RefusalReader reader, PoolView view) {
    super(Void.class, "refusals");
    this.reader = reader;
    this.view = view;
  }

  /** What the pool's gateways are known to say; from now on they are asked. */
  Refusals of(EPDPool pool) {
    if (pool.getSpec().role() != Role.GATEWAY) {
      return Refusals.NONE;
    }
    if (pool.getSpec().podsWanted() == 0) {
      known.remove(ResourceID.fromResource(pool));
      return Refusals.NONE;
    }
    String uid = pool.getMetadata().getUid();
    String cluster = pool.getSpec().clusterRef().name();
    return known
        .compute(
            ResourceID.fromResource(pool),
            (id, before) ->
                before != null && before.uid().equals(uid) ? before : Known.nothing(uid, cluster))
        .told();
  }

  @Override
  public void onResourceDeleted(EPDPool pool) {
    known.remove(ResourceID.fromResource(pool));
  }

  @Override
  public void start() {
    super.start();
    looks = Thread.ofVirtual().name("refusals").start(this::lookForEver);
  }

  @Override
  public void stop() {
    super.stop();
    if (looks != null) {
      looks.interrupt();
    }
  }

  @Override
  public Set<Void> getSecondaryResources(EPDPool pool) {
    return Set.of();
  }

  private void lookForEver() {
    try {
      for (int count = 1; isRunning(); count++) {
        Thread.sleep(BETWEEN);
        try {
          if (count % BETWEEN_SWEEPS == 0) {
            known.keySet().removeIf(pool -> pool(pool).isEmpty());
          }
          look();
        } catch (RuntimeException e) {
          LOG.error("gateways could not be asked whom they refuse", e);
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void look() throws InterruptedException {
    Map<ResourceID, List<Pod>> gateways = new HashMap<>();
    known.forEach(
        (id, of) -> gateways.put(id, view.pods(namespace(id), of.cluster(), Role.GATEWAY)));
    reader.read(gateways).forEach(this::heard);
  }

  private void heard(ResourceID pool, Refusals now) {
    Known before = known.get(pool);
    Known after = known.computeIfPresent(pool, (id, of) -> of.with(now));
    if (before != null
        && after != null
        && !after.told().equals(before.told())
        && (before.told() != Refusals.UNKNOWN || isToBeTold(pool, after.told()))) {
      getEventHandler().handleEvent(new Event(pool));
    }
  }

  /** What is found first is mostly that all is well, and nothing says otherwise. */
  private boolean isToBeTold(ResourceID pool, Refusals first) {
    return first != Refusals.NONE
        || pool(pool)
            .map(EPDPool::getStatus)
            .filter(s -> s.conditions().stream().anyMatch(RefusalWatch::isRefusal))
            .isPresent();
  }

  private static boolean isRefusal(Condition condition) {
    return condition.type().equals(ConditionType.Degraded.name());
  }

  private Optional<EPDPool> pool(ResourceID pool) {
    return view.pool(namespace(pool), pool.getName());
  }

  private static String namespace(ResourceID pool) {
    return pool.getNamespace().orElseThrow();
  }
}
