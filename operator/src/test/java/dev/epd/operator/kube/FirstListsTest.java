package dev.epd.operator.kube;

import static org.assertj.core.api.Assertions.assertThat;

import dev.epd.api.v1alpha1.EPDPool;
import io.fabric8.kubernetes.api.model.Pod;
import io.javaoperatorsdk.operator.health.InformerHealthIndicator;
import io.javaoperatorsdk.operator.health.InformerWrappingEventSourceHealthIndicator;
import io.javaoperatorsdk.operator.health.Status;
import io.javaoperatorsdk.operator.processing.event.source.AbstractEventSource;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class FirstListsTest {
  /** An informer of two namespaces. */
  private static final class Informer extends AbstractEventSource<Pod, EPDPool>
      implements InformerWrappingEventSourceHealthIndicator<Pod> {
    boolean oneHasSynced;
    boolean otherHasSynced;

    Informer() {
      super(Pod.class);
    }

    @Override
    public Map<String, InformerHealthIndicator> informerHealthIndicators() {
      return Map.of("one", namespace(oneHasSynced), "other", namespace(otherHasSynced));
    }

    @Override
    public Set<Pod> getSecondaryResources(EPDPool pool) {
      return Set.of();
    }

    @Override
    public Status getStatus() {
      return InformerWrappingEventSourceHealthIndicator.super.getStatus();
    }

    private static InformerHealthIndicator namespace(boolean hasSynced) {
      return new InformerHealthIndicator() {
        @Override
        public boolean hasSynced() {
          return hasSynced;
        }

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

        @Override
        public String getTargetNamespace() {
          return "";
        }
      };
    }
  }

  @Test
  void allOfAllNamespacesAreNeededAndOneThatBreaksOffLaterIsNot() {
    Informer informer = new Informer();
    FirstLists lists = new FirstLists(List.of(informer));
    assertThat(lists.areThere()).isFalse();
    informer.oneHasSynced = true;
    assertThat(lists.areThere()).isFalse();
    informer.otherHasSynced = true;
    assertThat(lists.areThere()).isTrue();
    informer.oneHasSynced = false;
    assertThat(lists.areThere()).isTrue();
  }
}
