package dev.epd.gateway.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import dev.epd.contract.Role;
import dev.epd.gateway.openai.ApiException;
import dev.epd.gateway.queue.Demand;
import dev.epd.gateway.queue.Dispatcher;
import dev.epd.gateway.queue.Entry;
import dev.epd.gateway.queue.Grants;
import dev.epd.gateway.queue.QueueLimits;
import dev.epd.gateway.queue.Worker;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** The names are the contract with the autoscaler. */
class DownstreamGaugesTest {
  private record Pod(Role role, String podName, int maxRequests, int maxImages) implements Worker {}

  private static final Grants NOBODY =
      new Grants() {
        @Override
        public void started(Worker prefill, @Nullable Worker decode) {}

        @Override
        public void placed(int image, Worker encoder) {}
      };

  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();

  @Test
  void whatPrefillHoldsUpIsShownUnderItsName() throws ApiException {
    Dispatcher dispatcher =
        new Dispatcher(
            QueueLimits.DEFAULT,
            Set.of(Role.ENCODER, Role.PREFILL, Role.DECODE),
            () -> 0,
            worker -> {});
    new GatewayMetrics(registry).watch(dispatcher);
    dispatcher.setWorkers(
        List.of(
            new Pod(Role.ENCODER, "e", 0, 9),
            new Pod(Role.PREFILL, "p", 1, 9),
            new Pod(Role.DECODE, "d", 9, 9)));
    Entry first = dispatcher.submit(request(500, 40), NOBODY);
    dispatcher.imageDone(first, 0);
    dispatcher.submit(request(300, 60), NOBODY);

    assertThat(gauge("epd_image_queue_blocked_patches", "prefill")).isEqualTo(60);
    assertThat(gauge("epd_image_queue_blocked_patches", "decode")).isZero();
    assertThat(gauge("epd_queue_blocked_requests", "prefill")).isEqualTo(1);
    assertThat(gauge("epd_queue_blocked_requests", "decode")).isZero();
    assertThat(registry.get("epd_prefill_queue_tokens").gauge().value()).isEqualTo(800);
    assertThat(registry.get("epd_image_queue_patches").tag("size", "256").gauge().value())
        .isEqualTo(60);
  }

  private double gauge(String name, String by) {
    return registry.get(name).tag("by", by).gauge().value();
  }

  private static Demand request(int tokens, int patches) {
    return new Demand("", 10, tokens, List.of(new Demand.Picture(patches, 10, "k" + patches)));
  }
}
