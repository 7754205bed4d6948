package dev.epd.operator.autoscaling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.epd.operator.autoscaling.PrometheusText.Series;
import io.micrometer.core.instrument.Tags;
import io.micrometer.prometheus.PrometheusConfig;
import io.micrometer.prometheus.PrometheusMeterRegistry;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PrometheusTextTest {
  @Test
  void readsNamesLabelsValuesAndSkipsTheRest() {
    List<Series> series =
        PrometheusText.parse(
            """
            # HELP http_requests_total The total.
            # TYPE http_requests_total counter
            http_requests_total{method="post",code="200"} 1027 1395066363000
            http_requests_total { method = "get" , code = "400" , } 3.5e2

            plain 12.47
            :odd:name +Inf
            nothing NaN
            low -Inf
            """);
    assertThat(series)
        .containsExactly(
            new Series("http_requests_total", Map.of("method", "post", "code", "200"), 1027),
            new Series("http_requests_total", Map.of("method", "get", "code", "400"), 350),
            new Series("plain", Map.of(), 12.47),
            new Series(":odd:name", Map.of(), Double.POSITIVE_INFINITY),
            new Series("nothing", Map.of(), Double.NaN),
            new Series("low", Map.of(), Double.NEGATIVE_INFINITY));
  }

  @Test
  void unescapesLabelValues() {
    assertThat(PrometheusText.parse("m{path=\"C:\\\\DIR\\\\\",e=\"a\\n\\\"b\\\",{}\"} 1"))
        .containsExactly(new Series("m", Map.of("path", "C:\\DIR\\", "e", "a\n\"b\",{}"), 1));
  }

  @Test
  void readsWhatMicrometerWrites() {
    PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    registry.counter("epd.image.arrived.patches").increment(12345);
    registry.gauge("epd.image.outstanding.patches", Tags.of("encoder", "a\"\\\nb"), 7.5);
    List<Series> series = PrometheusText.parse(registry.scrape());
    assertThat(series)
        .contains(
            new Series("epd_image_arrived_patches_total", Map.of(), 12345),
            new Series("epd_image_outstanding_patches", Map.of("encoder", "a\"\\\nb"), 7.5));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "m",
        "m{",
        "m{a",
        "m{a=",
        "m{a=\"x",
        "m{a=\"x\\",
        "m{a=\"x\"",
        "m{a=\"x\" b=\"y\"} 1",
        "m one",
        "m 1 2 3",
        "m 1f",
        "m 0x1p",
        "1m 2",
        "m{} ",
        "m 1 x"
      })
  void refusesWhatIsNotTheFormat(String line) {
    assertThatThrownBy(() -> PrometheusText.parse("ok 1\n" + line))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("metrics line 2, column ");
  }

  @Test
  void aFigureThatIsAbsentIsNotZero() {
    var load = LoadMetrics.gateway(PrometheusText.parse("epd_image_queue_images 3"));
    assertThat(load.queuedImages()).isEqualTo(3);
    assertThat(load.queuedPatches()).isNaN();
    assertThat(load.outstandingPatches()).isZero();
  }
}
