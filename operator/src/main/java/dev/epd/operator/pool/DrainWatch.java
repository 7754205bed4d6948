package dev.epd.operator.pool;

import dev.epd.api.v1alpha1.EPDPool;
import dev.epd.operator.kube.Events;
import dev.epd.planner.Drains;
import dev.epd.planner.Labels;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Pod;
import io.javaoperatorsdk.operator.processing.MDCUtils;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.Optional;

/** Counts and tells of pods that ended before they had finished their work. */
public final class DrainWatch {
  private final Events events;
  private final MeterRegistry registry;
  private volatile boolean leads;

  /** Counts in the given registry. */
  public DrainWatch(Events events, MeterRegistry registry) {
    this.events = events;
    this.registry = registry;
  }

  /** From now on this process tells; one that waits for the lease sees the same pods. */
  void lead() {
    leads = true;
  }

  /** To be called once for each pod that is gone, with what was last seen of it. */
  void ended(Pod pod, Optional<EPDPool> of) {
    if (!leads) {
      return;
    }
    Drains.cutShort(pod, of.orElse(null))
        .ifPresent(
            notice -> {
              registry
                  .counter(
                      "epd.operator.drains.cut.short",
                      "role",
                      pod.getMetadata().getLabels().getOrDefault(Labels.ROLE, ""))
                  .increment();
              HasMetadata about = of.isPresent() ? of.get() : pod;
              // Not on the informer's thread: an event is a request, and the next pod waits.
              Thread.startVirtualThread(
                  () ->
                      MDCUtils.withMDCForResource(
                          about, () -> events.warning(about, notice.reason(), notice.message())));
            });
  }
}
