package dev.epd.operator.kube;

import io.javaoperatorsdk.operator.health.InformerHealthIndicator;
import io.javaoperatorsdk.operator.health.InformerWrappingEventSourceHealthIndicator;
import io.javaoperatorsdk.operator.processing.event.source.EventSource;
import java.time.Duration;
import java.util.List;
import org.jboss.logging.Logger;

/**
 * Whether a controller's informers have what is. The framework starts without a list that is
 * refused or takes minutes, and a plan made of half a world takes the other half for gone.
 */
public final class FirstLists {
  /** How soon to look whether they are there: no event tells. */
  public static final Duration LOOK_AGAIN = Duration.ofSeconds(1);

  private static final Logger LOG = Logger.getLogger(FirstLists.class);

  private final List<? extends EventSource<?, ?>> sources;
  private volatile boolean areThere;
  private volatile List<String> told = List.of();

  /** Of these sources, those that are informers. */
  public FirstLists(List<? extends EventSource<?, ?>> sources) {
    this.sources = List.copyOf(sources);
  }

  /** True from when every one has had its first list. */
  public boolean areThere() {
    if (!areThere) {
      List<String> missing = missing();
      areThere = missing.isEmpty();
      if (!missing.equals(told)) {
        told = missing;
        if (areThere) {
          LOG.info("All first lists are there");
        } else {
          LOG.warnf("Nothing is reconciled without the first list of %s", missing);
        }
      }
    }
    return areThere;
  }

  private List<String> missing() {
    return sources.stream()
        .filter(
            source ->
                source instanceof InformerWrappingEventSourceHealthIndicator<?> informers
                    && !haveSynced(informers))
        .map(source -> source.resourceType().getSimpleName())
        .sorted()
        .toList();
  }

  private static boolean haveSynced(InformerWrappingEventSourceHealthIndicator<?> informers) {
    return informers.informerHealthIndicators().values().stream()
        .allMatch(InformerHealthIndicator::hasSynced);
  }
}
