package dev.epd.operator.kube;

import static io.javaoperatorsdk.operator.api.reconciler.Constants.WATCH_ALL_NAMESPACES;

import io.javaoperatorsdk.operator.health.InformerHealthIndicator;
import io.javaoperatorsdk.operator.health.InformerWrappingEventSourceHealthIndicator;
import io.javaoperatorsdk.operator.processing.event.source.EventSource;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Whether a controller's informers have what is. The framework starts without a list that is
 * refused or takes long, and a plan made of half a world takes the other half for gone.
 */
public final class FirstLists {
  /** How soon to look whether they are there: no event tells. */
  public static final Duration LOOK_AGAIN = Duration.ofSeconds(1);

  private static final Logger LOG = Logger.getLogger(FirstLists.class);

  private final List<? extends EventSource<?, ?>> sources;

  /** By namespace, where each has informers of its own: one must not stop the others. */
  private final Map<String, List<String>> missing = new ConcurrentHashMap<>();

  /** Of these sources, those that are informers. */
  public FirstLists(List<? extends EventSource<?, ?>> sources) {
    this.sources = List.copyOf(sources);
  }

  /** True from when every informer that sees the namespace has had its first list. */
  public boolean areThere(String namespace) {
    boolean all = watchesAll();
    String watched = all ? WATCH_ALL_NAMESPACES : namespace;
    List<String> before = missing.get(watched);
    if (before != null && before.isEmpty()) {
      return true;
    }
    List<String> now = missingOf(watched);
    missing.put(watched, now);
    String where = all ? "all namespaces" : "namespace " + namespace;
    if (now.isEmpty()) {
      LOG.infof("All first lists of %s are there", where);
    } else if (!now.equals(before)) {
      LOG.warnf("Nothing is reconciled without the first list of %s in %s", now, where);
    }
    return now.isEmpty();
  }

  private boolean watchesAll() {
    return sources.stream()
        .anyMatch(
            source ->
                source instanceof InformerWrappingEventSourceHealthIndicator<?> informers
                    && informers.informerHealthIndicators().containsKey(WATCH_ALL_NAMESPACES));
  }

  private List<String> missingOf(String watched) {
    return sources.stream()
        .filter(
            source ->
                source instanceof InformerWrappingEventSourceHealthIndicator<?> informers
                    && !hasSynced(informers.informerHealthIndicators().get(watched)))
        .map(source -> source.resourceType().getSimpleName())
        .sorted()
        .toList();
  }

  private static boolean hasSynced(@Nullable InformerHealthIndicator informer) {
    return informer != null && informer.hasSynced();
  }
}
