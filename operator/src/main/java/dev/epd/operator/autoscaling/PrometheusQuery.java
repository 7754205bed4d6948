package dev.epd.operator.autoscaling;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import dev.epd.api.v1alpha1.PrometheusSignal;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * One value of a Prometheus server, asked in the background so that a slow server holds up no look.
 * A value that is older than three intervals is none.
 */
final class PrometheusQuery {
  private static final Logger LOG = Logger.getLogger(PrometheusQuery.class);
  private static final Duration INTERVAL = Duration.ofSeconds(5);

  private final PrometheusSignal signal;
  private final Function<URI, @Nullable String> get;
  private final AtomicBoolean asking = new AtomicBoolean();
  private volatile @Nullable Answer answer;
  private @Nullable Instant askedAt;

  private record Answer(double value, Instant at) {}

  /**
   * @param get fetches a page within a few seconds; null when that failed
   */
  PrometheusQuery(PrometheusSignal signal, Function<URI, @Nullable String> get) {
    this.signal = signal;
    this.get = get;
  }

  boolean asks(PrometheusSignal other) {
    return signal.equals(other);
  }

  /** The last value if it is fresh, else null; asks again when it is time to. */
  @Nullable Double value(Instant now) {
    if ((askedAt == null || !now.isBefore(askedAt.plus(INTERVAL)))
        && asking.compareAndSet(false, true)) {
      askedAt = now;
      Thread.ofVirtual().name("prometheus query").start(() -> ask(now));
    }
    Answer last = answer;
    return last == null || now.isAfter(last.at().plus(INTERVAL.multipliedBy(3)))
        ? null
        : last.value();
  }

  private void ask(Instant now) {
    try {
      String base = signal.serverURL();
      String query = URLEncoder.encode(signal.query(), StandardCharsets.UTF_8);
      String separator = base.endsWith("/") ? "" : "/";
      String page = get.apply(URI.create(base + separator + "api/v1/query?query=" + query));
      if (page != null) {
        answer = new Answer(read(page), now);
      }
    } catch (IllegalArgumentException e) {
      LOG.debugf("%s gave no value: %s", signal.serverURL(), e.getMessage());
    } finally {
      asking.set(false);
    }
  }

  /**
   * The one value of an answer.
   *
   * @throws IllegalArgumentException if it has none, or several
   */
  static double read(String page) {
    try {
      JsonNode root = Serialization.jsonMapper().readTree(page);
      JsonNode result = root.path("data").path("result");
      String type = root.path("data").path("resultType").asText();
      if (!root.path("status").asText().equals("success")) {
        throw new IllegalArgumentException("the server says " + root.path("error").asText("no"));
      }
      JsonNode value =
          switch (type) {
            case "scalar" -> result.path(1);
            case "vector" -> {
              if (result.size() != 1) {
                throw new IllegalArgumentException(
                    "the query gives %d values, one is needed: sum() it".formatted(result.size()));
              }
              yield result.path(0).path("value").path(1);
            }
            default -> throw new IllegalArgumentException("the query gives a " + type);
          };
      double number = Double.parseDouble(value.asText());
      if (!Double.isFinite(number) || number < 0) {
        throw new IllegalArgumentException("the query gives " + value.asText());
      }
      return number;
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("the answer is not JSON", e);
    }
  }
}
