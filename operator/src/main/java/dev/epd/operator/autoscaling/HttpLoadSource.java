package dev.epd.operator.autoscaling;

import dev.epd.operator.autoscaling.LoadTargets.Endpoint;
import dev.epd.operator.autoscaling.PrometheusText.Series;
import dev.epd.operator.autoscaling.Scrape.Page;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/** Reads {@code /metrics} of pods by their addresses, all at once. */
public final class HttpLoadSource implements LoadSource, AutoCloseable {
  /** The port on which every role serves its metrics. */
  public static final int METRICS_PORT = 9090;

  private static final Logger LOG = Logger.getLogger(HttpLoadSource.class);
  private static final Duration CONNECT = Duration.ofMillis(500);
  private static final Duration ANSWER = Duration.ofSeconds(1);
  private static final Duration ROUND_TRIP = Duration.ofMillis(20);
  private static final Duration FURTHER_ANSWER = Duration.ofSeconds(3);
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
  public Scrape read(LoadTargets targets) throws InterruptedException {
    List<Asked> gateways = ask(targets.gateways());
    List<Asked> leaving = ask(targets.leaving());
    List<Asked> pods = ask(targets.pods());
    List<Page> gatewayPages = new ArrayList<>(await(gateways));
    List<Page> leavingPages = await(leaving);
    List<Page> podPages = await(pods);
    // Without a gateway that takes requests the load is not known, whatever the old ones finish.
    if (!gatewayPages.isEmpty()) {
      leavingPages.stream().filter(page -> page.series() != null).forEach(gatewayPages::add);
    }
    return new Scrape(clock.instant(), gatewayPages, podPages);
  }

  @Override
  public @Nullable String get(URI page) {
    HttpRequest request = HttpRequest.newBuilder(page).timeout(FURTHER_ANSWER).build();
    try {
      HttpResponse<String> response = send(request);
      if (response.statusCode() == 200) {
        return response.body();
      }
      LOG.debugf("%s answered with %d", page.getHost(), response.statusCode());
    } catch (IOException e) {
      LOG.debugf("%s gave no answer: %s", page.getHost(), e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return null;
  }

  /** Asks every gateway for the page that comes only when an image waits, or when time is up. */
  @Override
  public boolean awaitNextLook(LoadTargets targets, boolean asleep, Duration atMost)
      throws InterruptedException {
    if (!asleep || targets.gateways().isEmpty()) {
      Thread.sleep(atMost);
      return false;
    }
    // A little less, so that an answer of "none" comes before the request is given up.
    long millis = Math.max(1, atMost.minus(ROUND_TRIP).toMillis());
    CompletableFuture<Void> waits = new CompletableFuture<>();
    List<CompletableFuture<HttpResponse<Void>>> asked = new ArrayList<>();
    for (Endpoint gateway : targets.gateways()) {
      HttpRequest request =
          HttpRequest.newBuilder(uri(gateway, "/waiting?millis=" + millis))
              .timeout(atMost.plus(ANSWER))
              .build();
      var answer = http.sendAsync(request, BodyHandlers.discarding());
      answer.thenAccept(
          response -> {
            if (response.statusCode() == 200) {
              waits.complete(null);
            }
          });
      asked.add(answer);
    }
    try {
      waits.get(atMost.toNanos(), TimeUnit.NANOSECONDS);
      return true;
    } catch (TimeoutException e) {
      return false;
    } catch (ExecutionException e) {
      throw new IllegalStateException("only ever completed with a value", e);
    } finally {
      asked.forEach(answer -> answer.cancel(true));
    }
  }

  record Asked(String pod, Future<Optional<List<Series>>> page) {}

  /** Asks all at once; the answers are awaited apart. */
  List<Asked> ask(List<Endpoint> pods) {
    return pods.stream().map(pod -> new Asked(pod.pod(), threads.submit(() -> page(pod)))).toList();
  }

  private Optional<List<Series>> page(Endpoint pod) throws InterruptedException {
    HttpRequest request =
        HttpRequest.newBuilder(uri(pod, "/metrics"))
            .timeout(ANSWER)
            .header("Accept", "text/plain; version=0.0.4")
            .build();
    try {
      HttpResponse<String> response = send(request);
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

  /** A request's own timeout ends at the head of the answer; this one is about all of it. */
  private HttpResponse<String> send(HttpRequest request) throws IOException, InterruptedException {
    var answer =
        http.sendAsync(request, BodyHandlers.limiting(BodyHandlers.ofString(), LARGEST_PAGE));
    try {
      return answer.get(request.timeout().orElseThrow().toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException e) {
      throw new IOException(e.getCause());
    } catch (TimeoutException e) {
      throw new IOException("no whole answer in time", e);
    } finally {
      answer.cancel(true);
    }
  }

  private URI uri(Endpoint pod, String path) {
    String host = pod.address().contains(":") ? "[" + pod.address() + "]" : pod.address();
    return URI.create("http://" + host + ":" + port + path);
  }

  static List<Page> await(List<Asked> asked) throws InterruptedException {
    List<Page> pages = new ArrayList<>();
    for (Asked pod : asked) {
      List<Series> series = null;
      try {
        series = pod.page().get().orElse(null);
      } catch (ExecutionException e) {
        LOG.debug("a metrics page could not be read", e.getCause());
      }
      pages.add(new Page(pod.pod(), series));
    }
    return pages;
  }

  @Override
  public void close() {
    http.shutdownNow();
    threads.shutdownNow();
  }
}
