package dev.epd.operator.kube;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.javaoperatorsdk.operator.api.config.informer.InformerEventSourceConfiguration;
import io.javaoperatorsdk.operator.api.reconciler.EventSourceContext;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import io.javaoperatorsdk.operator.processing.event.source.informer.InformerEventSource;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * An informer of what belongs to the reconciled objects, told two things that the framework's does
 * not know.
 *
 * <p>It remembers a write until the informer has seen it, and not longer. The framework takes an
 * object whose event came before the answer to the write for one that is yet to come, and holds it
 * until it changes again: of a thousand clusters written at once that was every sixth object.
 *
 * <p>While it starts it tells of nothing that is there: each object is looked at after the start
 * anyway. The framework would hold all of them until then, and then look again for each.
 *
 * @param <R> what belongs
 * @param <P> to what
 */
public final class ChildSource<R extends HasMetadata, P extends HasMetadata>
    extends InformerEventSource<R, P> {
  private static final int REMEMBERED = 1_000;

  private final Map<String, String> inVain = new ConcurrentHashMap<>();
  private volatile boolean isStarted;

  /** An informer as configured. */
  public ChildSource(
      InformerEventSourceConfiguration<R> configuration, EventSourceContext<P> context) {
    super(configuration, context);
  }

  @Override
  public synchronized void start() {
    super.start();
    isStarted = true;
  }

  @Override
  public void onAdd(R object) {
    if (isStarted) {
      super.onAdd(object);
    }
  }

  /** Remembers what the API server answered to a write. */
  void written(R answer) {
    // Its monitor is the framework's own: an event is seen by the store first and here after, so
    // one that the store has not seen will be told while what is remembered is remembered.
    synchronized (temporaryResourceCache) {
      boolean isSeen =
          get(ResourceID.fromResource(answer))
              .filter(seen -> version(seen) >= version(answer))
              .isPresent();
      if (!isSeen) {
        temporaryResourceCache.putResource(answer);
      }
    }
  }

  /**
   * An apply of the intent changed nothing, although the object does not look like it: the API
   * server leaves out what is empty, writes amounts its own way, and admission may undo.
   */
  void changedNothing(R live, R intent) {
    if (inVain.size() >= REMEMBERED) {
      inVain.clear();
    }
    inVain.put(live.getMetadata().getUid(), state(live, intent));
  }

  /** Whether that is known of this very state of the object. */
  boolean changesNothing(R live, R intent) {
    return state(live, intent).equals(inVain.get(live.getMetadata().getUid()));
  }

  private static String state(HasMetadata live, HasMetadata intent) {
    return version(live) + " " + IntentMark.of(intent);
  }

  /** Whether a write of the object is remembered here, beside what the informer holds. */
  boolean remembers(R object) {
    return temporaryResourceCache.getResourceFromCache(ResourceID.fromResource(object)).isPresent();
  }

  private static long version(HasMetadata object) {
    return Long.parseLong(object.getMetadata().getResourceVersion());
  }
}
