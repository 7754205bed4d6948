package dev.epd.operator.kube;

import io.fabric8.kubernetes.client.CustomResource;
import io.javaoperatorsdk.operator.api.config.ControllerConfigurationOverrider;
import io.javaoperatorsdk.operator.api.reconciler.EventSourceContext;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import io.javaoperatorsdk.operator.processing.event.source.AbstractEventSource;
import io.javaoperatorsdk.operator.processing.event.source.ResourceAction;
import io.javaoperatorsdk.operator.processing.event.source.ResourceEventAware;
import io.javaoperatorsdk.operator.processing.event.source.controller.ResourceEvent;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.Objects;
import java.util.Optional;
import java.util.SequencedSet;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * What has changed while nobody led comes first. The framework that begins to lead looks at once at
 * every object that it has ever been told of: among a thousand clusters a changed one would wait
 * for the thousands that are as they were, or were carried out by another meanwhile. So all are
 * kept from it until this process leads, and told then: those at once whose status speaks of
 * another generation than their spec's, and the others one after the other.
 *
 * @param <P> what is reconciled
 * @param <S> its status
 */
public final class FirstLooks<P extends CustomResource<?, S>, S>
    extends AbstractEventSource<Void, P> implements ResourceEventAware<P> {
  /** Between two objects that did not change; a look takes some milliseconds. */
  static final Duration PACE = Duration.ofMillis(5);

  /** How soon it is noticed that the object that shows who leads is gone, or going. */
  static final Duration PATIENCE = Duration.ofSeconds(1);

  private static final Logger LOG = Logger.getLogger(FirstLooks.class);

  private final Function<S, @Nullable Long> observed;
  private final Predicate<P> isAwaited;
  private final Consumer<P> begin;
  private final SequencedSet<ResourceID> changed = new LinkedHashSet<>();
  private final SequencedSet<ResourceID> same = new LinkedHashSet<>();
  private final Set<ResourceID> awaited = new LinkedHashSet<>();
  private Function<ResourceID, Optional<P>> cache = id -> Optional.empty();
  private @Nullable ResourceID shows;
  private boolean leads;
  private @Nullable Thread teller;

  /**
   * Of one controller.
   *
   * @param observed the generation that a status speaks of
   * @param isAwaited whether something has to begin for the object as soon as this process leads
   * @param begin begins it
   */
  public FirstLooks(
      Function<S, @Nullable Long> observed, Predicate<P> isAwaited, Consumer<P> begin) {
    super(Void.class, "first-looks");
    this.observed = observed;
    this.isAwaited = isAwaited;
    this.begin = begin;
  }

  /** Has the framework leave to this source what it sees before this process leads. */
  public void keepBack(ControllerConfigurationOverrider<P> controller) {
    controller.withOnAddFilter(this::isAtOnce).withOnUpdateFilter((now, before) -> isAtOnce(now));
  }

  /** To be registered beside the controller's informers. */
  public FirstLooks<P, S> readingFrom(EventSourceContext<P> context) {
    return readingFrom(context.getPrimaryCache()::get);
  }

  FirstLooks<P, S> readingFrom(Function<ResourceID, Optional<P>> objects) {
    cache = objects;
    return this;
  }

  /** An object is looked at, be it its turn or not: so this process leads. */
  public synchronized void looking(P object) {
    ResourceID id = ResourceID.fromResource(object);
    changed.remove(id);
    same.remove(id);
    if (!leads) {
      leads = true;
      notifyAll();
    }
  }

  /** Whether what is seen of an object, for the first time or again, is the framework's. */
  synchronized boolean isAtOnce(P object) {
    if (leads) {
      return true;
    }
    ResourceID id = ResourceID.fromResource(object);
    if (id.equals(shows)) {
      return true;
    }
    forget(id);
    S status = object.getStatus();
    Long seen = status == null ? null : observed.apply(status);
    if (!Objects.equals(seen, object.getMetadata().getGeneration())) {
      changed.add(id);
    } else {
      same.add(id);
      if (isAwaited.test(object)) {
        awaited.add(id);
      }
    }
    if (changed.size() + same.size() == 1) {
      notifyAll();
    }
    return false;
  }

  /** One that is made anew under its name is another, of which nobody has been told. */
  @Override
  public synchronized void onResourceDeleted(P object) {
    ResourceID id = ResourceID.fromResource(object);
    forget(id);
    if (id.equals(shows)) {
      shows = null;
      notifyAll();
    }
  }

  private void forget(ResourceID id) {
    changed.remove(id);
    same.remove(id);
    awaited.remove(id);
  }

  /** The framework has filled the controller's informer before it starts others. */
  @Override
  public void start() {
    super.start();
    teller = Thread.ofVirtual().name("first looks").start(this::tell);
  }

  @Override
  public void stop() {
    super.stop();
    if (teller != null) {
      teller.interrupt();
    }
  }

  @Override
  public Set<Void> getSecondaryResources(P primary) {
    return Set.of();
  }

  private void tell() {
    try {
      // Remembered by the framework until this process leads: the look that shows that it does.
      for (ResourceID id = toShow(); id != null; id = toShow()) {
        tell(id);
      }
      for (ResourceID id = next(changed); id != null; id = next(changed)) {
        tell(id);
      }
      beginAwaited();
      for (ResourceID id = next(same); id != null; id = next(same)) {
        tell(id);
        Thread.sleep(PACE);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void tell(ResourceID id) {
    one(
        id,
        object ->
            getEventHandler().handleEvent(new ResourceEvent(ResourceAction.ADDED, id, object)));
  }

  /** One that fails does not hold up the others. */
  private void one(ResourceID id, Consumer<P> what) {
    try {
      cache.apply(id).ifPresent(what);
    } catch (RuntimeException e) {
      LOG.errorf(e, "the first look at %s failed", id);
    }
  }

  /**
   * Waits until this process leads, and returns null then; or until an object is needed that shows
   * it. Nobody looks at what is gone, or going: another has to show it then.
   */
  private synchronized @Nullable ResourceID toShow() throws InterruptedException {
    while (!leads) {
      if (shows == null || cache.apply(shows).filter(o -> !o.isMarkedForDeletion()).isEmpty()) {
        shows = next(changed.isEmpty() ? same : changed);
        if (shows != null) {
          return shows;
        }
      }
      wait(PATIENCE.toMillis());
    }
    return null;
  }

  private synchronized @Nullable ResourceID next(SequencedSet<ResourceID> ids) {
    return ids.isEmpty() ? null : ids.removeFirst();
  }

  private void beginAwaited() {
    Set<ResourceID> due;
    synchronized (this) {
      due = Set.copyOf(awaited);
      awaited.clear();
    }
    due.forEach(id -> one(id, begin));
  }
}
