package dev.epd.operator.autoscaling;

import dev.epd.autoscaler.LoadSample;
import dev.epd.autoscaler.LoadSample.EncoderTotals;
import dev.epd.operator.autoscaling.LoadMetrics.GatewayLoad;
import dev.epd.operator.autoscaling.LoadTargets.Endpoint;
import dev.epd.operator.autoscaling.PrometheusText.Series;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Function;
import org.jboss.logging.Logger;

/** Reads {@code /metrics} of pods by their addresses, all at once. */
public final class HttpLoadSource implements LoadSource, AutoCloseable {
  /** The port on which every role serves its metrics. */
  public static final int METRICS_PORT = 9090;

  private static final Logger LOG = Logger.getLogger(HttpLoadSource.class);
  private static final Duration CONNECT = Duration.ofMillis(500);
  private static final Duration ANSWER = Duration.ofSeconds(1);
  private static final long LARGEST_PAGE = 4L << 20;

  private final int port;
  private final InstantSource clock;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final HttpClient http =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .followRedirects(HttpClient.Redirect.NEVER)
          .connectTimeout(CONNECT)
          .executor(threads)
          .build();

  /** A source that asks pods on the given port. */
  public HttpLoadSource(int port, InstantSource clock) {
    this.port = port;
    this.clock = clock;
  }

  @Override
  public LoadSample read(LoadTargets targets) throws InterruptedException {
    Map<String, Future<Optional<GatewayLoad>>> gateways =
        ask(targets.gateways(), LoadMetrics::gateway);
    Map<String, Future<Optional<EncoderTotals>>> encoders =
        ask(targets.encoders(), LoadMetrics::encoder);
    double images = 0;
    double queued = 0;
    double outstanding = 0;
    double oldest = 0;
    Map<String, Double> arrived = new HashMap<>();
    for (var answer : gateways.entrySet()) {
      Optional<GatewayLoad> load = await(answer.getValue());
      if (load.isPresent()) {
        images += load.get().queuedImages();
        queued += load.get().queuedPatches();
        outstanding += load.get().outstandingPatches();
        oldest = Math.max(oldest, load.get().oldestSeconds());
        arrived.put(answer.getKey(), load.get().arrivedPatches());
      }
    }
    Map<String, EncoderTotals> totals = new HashMap<>();
    for (var answer : encoders.entrySet()) {
      await(answer.getValue()).ifPresent(t -> totals.put(answer.getKey(), t));
    }
    return new LoadSample(
        clock.instant(),
        targets.gateways().size(),
        arrived.size(),
        images,
        queued,
        outstanding,
        oldest,
        arrived,
        totals);
  }

  @Override
  public void awaitNextLook(LoadTargets targets, boolean asleep, Duration atMost)
      throws InterruptedException {
    Thread.sleep(atMost);
  }

  <T> Map<String, Future<Optional<T>>> ask(List<Endpoint> pods, Function<List<Series>, T> reader) {
    Map<String, Future<Optional<T>>> answers = new HashMap<>();
    for (Endpoint pod : pods) {
      answers.put(pod.pod(), threads.submit(() -> page(pod).map(reader)));
    }
    return answers;
  }

  private Optional<List<Series>> page(Endpoint pod) throws InterruptedException {
    HttpRequest request =
        HttpRequest.newBuilder(uri(pod))
            .timeout(ANSWER)
            .header("Accept", "text/plain; version=0.0.4")
            .build();
    try {
      HttpResponse<String> response =
          http.send(request, BodyHandlers.limiting(BodyHandlers.ofString(), LARGEST_PAGE));
      if (response.statusCode() != 200) {
        LOG.debugf("%s answered its metrics with %d", pod.pod(), response.statusCode());
        return Optional.empty();
      }
      return Optional.of(PrometheusText.parse(response.body()));
    } catch (IOException | IllegalArgumentException e) {
      LOG.debugf("%s gave no metrics: %s", pod.pod(), e.getMessage());
      return Optional.empty();
    }
  }

  private URI uri(Endpoint pod) {
    String host = pod.address().contains(":") ? "[" + pod.address() + "]" : pod.address();
    return URI.create("http://" + host + ":" + port + "/metrics");
  }

  static <T> Optional<T> await(Future<Optional<T>> answer) throws InterruptedException {
    try {
      return answer.get();
    } catch (ExecutionException e) {
      LOG.debug("a metrics page could not be read", e.getCause());
      return Optional.empty();
    }
  }

  @Override
  public void close() {
    http.shutdownNow();
    threads.shutdownNow();
  }
}
