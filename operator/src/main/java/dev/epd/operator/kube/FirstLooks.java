package dev.epd.operator.kube;

import io.fabric8.kubernetes.client.CustomResource;
import io.javaoperatorsdk.operator.api.config.ControllerConfigurationOverrider;
import io.javaoperatorsdk.operator.api.reconciler.EventSourceContext;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import io.javaoperatorsdk.operator.processing.event.source.AbstractEventSource;
import io.javaoperatorsdk.operator.processing.event.source.ResourceAction;
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
 * What has changed while nobody was there comes first. The framework that starts, or leads from now
 * on, looks at every object at once: among a thousand clusters a changed one would wait for the
 * thousands that are as they were. Those are kept from it here, and told one after the other once
 * this process leads. What is made or changed while it waits for that is not kept back.
 *
 * @param <P> what is reconciled
 * @param <S> its status
 */
public final class FirstLooks<P extends CustomResource<?, S>, S>
    extends AbstractEventSource<Void, P> {
  /** Between two objects that did not change; a look takes some milliseconds. */
  static final Duration PACE = Duration.ofMillis(5);

  /** How soon it is noticed that the object by which to tell is gone. */
  static final Duration PATIENCE = Duration.ofSeconds(1);

  private static final Logger LOG = Logger.getLogger(FirstLooks.class);

  private final Function<S, @Nullable Long> observed;
  private final Predicate<P> isAwaited;
  private final Consumer<P> begin;
  private final SequencedSet<ResourceID> waiting = new LinkedHashSet<>();
  private final Set<ResourceID> awaited = new LinkedHashSet<>();
  private Function<ResourceID, Optional<P>> cache = id -> Optional.empty();
  private boolean leads;
  private boolean isOver;
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

  /** Has the framework leave what has not changed to this source. */
  public void keepBack(ControllerConfigurationOverrider<P> controller) {
    controller.withOnAddFilter(this::isAtOnce);
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
    if (!isOver) {
      waiting.remove(ResourceID.fromResource(object));
      leads = true;
      notifyAll();
    }
  }

  /** Whether an object that is seen for the first time is looked at at once. */
  synchronized boolean isAtOnce(P object) {
    S status = object.getStatus();
    Long seen = status == null ? null : observed.apply(status);
    if (isOver || !Objects.equals(seen, object.getMetadata().getGeneration())) {
      return true;
    }
    ResourceID id = ResourceID.fromResource(object);
    waiting.add(id);
    if (isAwaited.test(object)) {
      awaited.add(id);
    }
    return false;
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
      for (ResourceID next = next(); next != null; next = next()) {
        try {
          tell(next);
        } catch (RuntimeException e) {
          LOG.errorf(e, "the first look at %s was not asked for", next);
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void tell(ResourceID id) throws InterruptedException {
    Optional<P> object = cache.apply(id);
    if (object.isPresent()) {
      // Remembered until this process leads: the look that shows that it does.
      getEventHandler().handleEvent(new ResourceEvent(ResourceAction.ADDED, id, object.get()));
      awaitLead(id);
      beginAwaited();
      Thread.sleep(PACE);
    }
  }

  private synchronized @Nullable ResourceID next() {
    if (waiting.isEmpty()) {
      isOver = true;
      return null;
    }
    return waiting.removeFirst();
  }

  /** Nobody looks at what is gone, or going: another has to show it then. */
  private synchronized void awaitLead(ResourceID told) throws InterruptedException {
    while (!leads && cache.apply(told).filter(o -> !o.isMarkedForDeletion()).isPresent()) {
      wait(PATIENCE.toMillis());
    }
  }

  private void beginAwaited() {
    Set<ResourceID> due;
    synchronized (this) {
      due = leads ? Set.copyOf(awaited) : Set.of();
      awaited.removeAll(due);
    }
    due.forEach(id -> cache.apply(id).ifPresent(begin));
  }
}
