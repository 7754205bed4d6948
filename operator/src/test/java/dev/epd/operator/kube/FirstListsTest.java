package dev.epd.operator.kube;

import static org.assertj.core.api.Assertions.assertThat;

import dev.epd.api.v1alpha1.EPDPool;
import io.fabric8.kubernetes.api.model.Pod;
import io.javaoperatorsdk.operator.api.reconciler.Constants;
import io.javaoperatorsdk.operator.health.InformerHealthIndicator;
import io.javaoperatorsdk.operator.health.InformerWrappingEventSourceHealthIndicator;
import io.javaoperatorsdk.operator.health.Status;
import io.javaoperatorsdk.operator.processing.event.source.AbstractEventSource;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class FirstListsTest {
  private final Map<String, Boolean> synced = new ConcurrentHashMap<>();
  private final FirstLists lists = new FirstLists(List.of(new Informers()));

  /** One of each namespace that is named in {@link #synced}. */
  private final class Informers extends AbstractEventSource<Pod, EPDPool>
      implements InformerWrappingEventSourceHealthIndicator<Pod> {
    Informers() {
      super(Pod.class);
    }

    @Override
    public Map<String, InformerHealthIndicator> informerHealthIndicators() {
      return synced.entrySet().stream()
          .collect(
              Collectors.toMap(Map.Entry::getKey, e -> new Informer(e.getKey(), e.getValue())));
    }

    @Override
    public Set<Pod> getSecondaryResources(EPDPool pool) {
      return Set.of();
    }

    @Override
    public Status getStatus() {
      return InformerWrappingEventSourceHealthIndicator.super.getStatus();
    }
  }

  private record Informer(String getTargetNamespace, boolean hasSynced)
      implements InformerHealthIndicator {
    @Override
    public boolean isWatching() {
      return hasSynced;
    }

    @Override
    public boolean isRunning() {
      return true;
    }

    @Override
    public Status getStatus() {
      return hasSynced ? Status.HEALTHY : Status.UNHEALTHY;
    }
  }

  @Test
  void aNamespaceWaitsForItsOwnAndNotForAnothersNorForOneThatBreaksOffLater() {
    synced.put("one", false);
    synced.put("other", false);
    assertThat(lists.areThere("one")).isFalse();
    synced.put("one", true);
    assertThat(lists.areThere("one")).isTrue();
    assertThat(lists.areThere("other")).isFalse();
    synced.put("other", true);
    synced.put("one", false);
    assertThat(lists.areThere("other")).isTrue();
    assertThat(lists.areThere("one")).isTrue();
  }

  @Test
  void allNamespacesShareOne() {
    synced.put(Constants.WATCH_ALL_NAMESPACES, false);
    assertThat(lists.areThere("one")).isFalse();
    synced.put(Constants.WATCH_ALL_NAMESPACES, true);
    assertThat(lists.areThere("one")).isTrue();
    assertThat(lists.areThere("other")).isTrue();
  }

  @Test
  void aNamespaceThatNoInformerSeesHasNoList() {
    synced.put("one", true);
    assertThat(lists.areThere("other")).isFalse();
  }
}
