package dev.epd.gateway.metrics;

import dev.epd.contract.ImageSize;
import dev.epd.contract.Role;
import dev.epd.gateway.endpoints.NodeDirectory.Misfit;
import dev.epd.gateway.queue.Demand.Picture;
import dev.epd.gateway.queue.Dispatcher;
import dev.epd.gateway.queue.Worker;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

/**
 * The gateway's numbers. Names are the contract with the autoscaler and with dashboards; they end
 * in their unit.
 */
public final class GatewayMetrics {
  private static final Duration[] STEPS = {
    Duration.ofMillis(5),
    Duration.ofMillis(10),
    Duration.ofMillis(25),
    Duration.ofMillis(50),
    Duration.ofMillis(100),
    Duration.ofMillis(250),
    Duration.ofMillis(500),
    Duration.ofSeconds(1),
    Duration.ofMillis(2500),
    Duration.ofSeconds(5),
    Duration.ofSeconds(10),
    Duration.ofSeconds(30),
    Duration.ofSeconds(60),
    Duration.ofSeconds(120)
  };

  private final MeterRegistry registry;
  private final Counter admitted;
  private final List<NetTotal> arrivedImages = new ArrayList<>();
  private final List<NetTotal> arrivedPatches = new ArrayList<>();
  private final Counter promptTokens;
  private final Counter completionTokens;
  private final AtomicInteger active = new AtomicInteger();
  private final Timer queueWait;
  private final Timer imageWait;
  private final Timer firstToken;
  private final Timer interToken;

  /** Lives of encoder pods by pod name: a pod that restarts keeps its gauge. */
  private final Map<String, Set<Worker>> encoders = new HashMap<>();

  private final Map<String, Meter> outstanding = new HashMap<>();
  private final Map<Misfit, AtomicInteger> refused = new HashMap<>();
  private final Map<Role, AtomicInteger> usable = new EnumMap<>(Role.class);

  /** How an admitted request ended: every one ends in exactly one of these. */
  public enum Outcome {
    COMPLETED,
    FAILED,
    CANCELLED
  }

  public GatewayMetrics(MeterRegistry registry) {
    this.registry = registry;
    this.admitted =
        counter("epd_requests_admitted_total", "Requests that were let in to wait for a place");
    for (int size = 0; size < ImageSize.CLASSES; size++) {
      arrivedImages.add(
          net(
              "epd_image_arrived_images_total",
              "Images of all admitted requests, inline included, without those that an encoder had",
              size));
      arrivedPatches.add(
          net("epd_image_arrived_patches_total", "Work of these images in patches", size));
    }
    this.promptTokens = counter("epd_prompt_tokens_total", "Prompt tokens of admitted requests");
    this.completionTokens = counter("epd_completion_tokens_total", "Tokens generated");
    this.queueWait = timer("epd_gateway_queue_seconds", "From admission until places were granted");
    this.imageWait =
        timer("epd_gateway_encode_seconds", "From an image's place until its embeddings arrived");
    this.firstToken = timer("epd_time_to_first_token_seconds", "From arrival to the first token");
    this.interToken = timer("epd_inter_token_seconds", "Between two tokens of an answer");
    Gauge.builder("epd_requests_active", active, AtomicInteger::get)
        .description("Admitted requests without an outcome yet")
        .register(registry);
  }

  private NetTotal net(String name, String description, int size) {
    NetTotal total = new NetTotal();
    FunctionCounter.builder(name, total, NetTotal::total)
        .description(description)
        .tag(ImageSize.LABEL, ImageSize.label(size))
        .register(registry);
    return total;
  }

  private Counter counter(String name, String description) {
    return Counter.builder(name).description(description).register(registry);
  }

  private Timer timer(String name, String description, String... tags) {
    return Timer.builder(name)
        .description(description)
        .serviceLevelObjectives(STEPS)
        .tags(tags)
        .register(registry);
  }

  /** Gauges of what waits. */
  public void watch(Dispatcher dispatcher) {
    for (int i = 0; i < ImageSize.CLASSES; i++) {
      int size = i;
      String label = ImageSize.label(size);
      Gauge.builder("epd_image_queue_images", dispatcher, d -> d.waitingImages(size))
          .description("Images that wait for an encoder, by their patches")
          .tag(ImageSize.LABEL, label)
          .register(registry);
      Gauge.builder("epd_image_queue_patches", dispatcher, d -> d.waitingPatches(size))
          .description("Work of the waiting images in patches")
          .tag(ImageSize.LABEL, label)
          .register(registry);
    }
    Gauge.builder("epd_image_queue_oldest_seconds", dispatcher, d -> d.depth().oldestSeconds())
        .description("How long the oldest waiting image has waited")
        .register(registry);
    Gauge.builder("epd_text_queue_requests", dispatcher, d -> d.depth().textRequests())
        .description("Requests without images that wait for prefill and decode")
        .register(registry);
    watchDownstream(dispatcher);
  }

  private void watchDownstream(Dispatcher dispatcher) {
    blocked(
        "epd_queue_blocked_requests",
        "Requests that wait for this pool, with room for them at the encoders",
        () -> dispatcher.downstream().prefillRequests(),
        () -> dispatcher.downstream().decodeRequests());
    blocked(
        "epd_image_queue_blocked_patches",
        "Work of waiting images that more encoders would not move, by the pool they wait for",
        () -> dispatcher.downstream().prefillPatches(),
        () -> dispatcher.downstream().decodePatches());
    Gauge.builder("epd_prefill_queue_tokens", dispatcher, d -> d.downstream().prefillTokens())
        .description("Prompt tokens that wait for prefill, or are there with all their images")
        .register(registry);
  }

  private void blocked(
      String name, String description, Supplier<Number> byPrefill, Supplier<Number> byDecode) {
    Gauge.builder(name, byPrefill).description(description).tag("by", "prefill").register(registry);
    Gauge.builder(name, byDecode).description(description).tag("by", "decode").register(registry);
  }

  /** From now on the encoder's outstanding work is shown. */
  public synchronized void encoderAdded(Worker encoder, Dispatcher dispatcher) {
    String pod = encoder.podName();
    encoders.computeIfAbsent(pod, name -> new HashSet<>()).add(encoder);
    outstanding.computeIfAbsent(
        pod,
        name ->
            Gauge.builder(
                    "epd_image_outstanding_patches", dispatcher, d -> d.outstandingPatches(name))
                .description("Patches sent to the encoder and not yet handed over")
                .tag("encoder", name)
                .register(registry));
  }

  /** The encoder is gone for good. */
  public synchronized void encoderRemoved(Worker encoder) {
    Set<Worker> lives = encoders.get(encoder.podName());
    if (lives == null || !lives.remove(encoder) || !lives.isEmpty()) {
      return;
    }
    encoders.remove(encoder.podName());
    Meter meter = outstanding.remove(encoder.podName());
    if (meter != null) {
      registry.remove(meter);
    }
  }

  /** A request was let in. */
  public void admitted(int prompt, List<Picture> images) {
    admitted.increment();
    active.incrementAndGet();
    promptTokens.increment(prompt);
    for (Picture image : images) {
      int size = ImageSize.of(image.patches());
      arrivedImages.get(size).add(1);
      arrivedPatches.get(size).add(image.patches());
    }
  }

  /** An encoder had the embeddings of an admitted image already: it was no work. */
  public void imageWasCached(long patches) {
    int size = ImageSize.of(patches);
    arrivedImages.get(size).takeOff(1);
    arrivedPatches.get(size).takeOff(patches);
  }

  /** An admitted request ended. */
  public void ended(Outcome outcome, boolean images, Duration total, int tokens) {
    active.decrementAndGet();
    completionTokens.increment(tokens);
    String name = outcome.name().toLowerCase(Locale.ROOT);
    registry
        .counter("epd_requests_total", "outcome", name, "images", String.valueOf(images))
        .increment();
    timer("epd_request_duration_seconds", "From arrival to the outcome", "outcome", name)
        .record(total);
  }

  /** An HTTP answer of any kind went out; {@code code} is the error's, or "ok". */
  public void answered(int status, String code) {
    registry
        .counter("epd_http_responses_total", "status", String.valueOf(status), "code", code)
        .increment();
  }

  /** Something was done again because a pod failed. */
  public void retried(String what) {
    registry.counter("epd_gateway_retries_total", "what", what).increment();
  }

  /** A pod was refused because it does not fit. */
  public void nodeRefused(String reason) {
    registry.counter("epd_gateway_nodes_refused_total", "reason", reason).increment();
  }

  /** So many pods are refused now; what is not named has none. */
  public synchronized void refusedNow(Map<Misfit, Integer> pods) {
    pods.keySet().forEach(misfit -> refused.computeIfAbsent(misfit, this::refusedGauge));
    refused.forEach((misfit, gauge) -> gauge.set(pods.getOrDefault(misfit, 0)));
  }

  private AtomicInteger refusedGauge(Misfit misfit) {
    AtomicInteger pods = new AtomicInteger();
    Gauge.builder("epd_gateway_refused_pods", pods, AtomicInteger::get)
        .description("Ready pods that get no work because they do not fit")
        .tag("role", misfit.role().wireName())
        .tag("reason", misfit.reason())
        .register(registry);
    return pods;
  }

  /** From now on it is known of each of these roles how many of its pods may be given work. */
  public void watch(Set<Role> topology) {
    topology.forEach(this::usableGauge);
  }

  /** Exactly these may be given work. */
  public void usableNow(Collection<? extends Worker> nodes) {
    usable.forEach(
        (role, gauge) ->
            gauge.set((int) nodes.stream().filter(node -> node.role() == role).count()));
  }

  private void usableGauge(Role role) {
    AtomicInteger pods = new AtomicInteger();
    usable.put(role, pods);
    Gauge.builder("epd_gateway_usable_pods", pods, AtomicInteger::get)
        .description("Pods that may be given work")
        .tag("role", role.wireName())
        .register(registry);
  }

  public void queueWait(Duration time) {
    queueWait.record(time);
  }

  public void imageWait(Duration time) {
    imageWait.record(time);
  }

  public void firstToken(Duration time) {
    firstToken.record(time);
  }

  public void interToken(Duration time) {
    interToken.record(time);
  }
}
