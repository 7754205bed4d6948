package dev.epd.operator.autoscaling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.awaitility.Awaitility.await;

import dev.epd.api.v1alpha1.EPDAutoscalingPolicySpec;
import dev.epd.api.v1alpha1.PrometheusSignal;
import dev.epd.api.v1alpha1.Role;
import dev.epd.autoscaler.LoadSample.Blocked;
import dev.epd.autoscaler.LoadSample.EncoderTotals;
import dev.epd.autoscaler.Look;
import dev.epd.autoscaler.Mix;
import dev.epd.autoscaler.SignalReading;
import dev.epd.operator.autoscaling.Scrape.Page;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.net.URI;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class SignalsTest {
  private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");

  private final Signals signals = new Signals(uri -> null);

  private static EPDAutoscalingPolicySpec policy(String yaml) {
    return Serialization.unmarshal(yaml, EPDAutoscalingPolicySpec.class);
  }

  private static Page page(String pod, String text) {
    return new Page(pod, PrometheusText.parse(text));
  }

  private Look look(EPDAutoscalingPolicySpec policy, Role role, Scrape scrape) {
    return signals.look(Signals.of(policy, role), role, scrape);
  }

  private @Nullable Double value(EPDAutoscalingPolicySpec policy, Role role, Scrape scrape) {
    return look(policy, role, scrape).signals().getFirst().value();
  }

  @Test
  void anEncoderHoldsWorkWhenAnyGatewaySaysSo() {
    String one =
        "epd_image_outstanding_patches{encoder=\"a\"} 0\n"
            + "epd_image_outstanding_patches{encoder=\"b\"} 5\n";
    String other = "epd_image_outstanding_patches{encoder=\"c\"} 7\n";
    Scrape scrape = new Scrape(NOW, List.of(page("g", one), page("h", other)), List.of());
    assertThat(LoadMetrics.sample(scrape).holding()).containsExactlyInAnyOrder("b", "c");
  }

  @Test
  void everyRoleHasADefaultThatItsMetricsCarry() {
    EPDAutoscalingPolicySpec none = EPDAutoscalingPolicySpec.DEFAULT;
    Page gateway =
        page(
            "g",
            """
            epd_prefill_queue_tokens 5000
            epd_queue_blocked_requests{by="prefill"} 7
            epd_queue_blocked_requests{by="decode"} 4
            """);
    Page pod = page("p", "epd_kv_slots 16\nepd_kv_slots_free 4\n");
    Scrape scrape = new Scrape(NOW, List.of(gateway, gateway), List.of(pod, pod));
    assertThat(value(none, Role.PREFILL, scrape)).isEqualTo(10_000);
    assertThat(look(none, Role.PREFILL, scrape).signals().getFirst().target()).isEqualTo(8192);
    // 24 of 32 are taken, and 8 requests wait for one.
    assertThat(value(none, Role.DECODE, scrape)).isEqualTo(1.0);
    assertThat(look(none, Role.ENCODER, scrape).images()).isNotNull();
  }

  @Test
  void ofAFigureThatSomePagesLackALowerBoundIsKnown() {
    EPDAutoscalingPolicySpec none = EPDAutoscalingPolicySpec.DEFAULT;
    Page gateway =
        page("g", "epd_prefill_queue_tokens 5000\nepd_queue_blocked_requests{by=\"decode\"} 20\n");
    Page silent = new Page("s", null);
    Page full = page("p", "epd_kv_slots 8\nepd_kv_slots_free 0\n");
    assertThat(reading(none, Role.PREFILL, List.of(gateway, silent), List.of()))
        .isEqualTo(SignalReading.atLeast("QueueTokens", SignalReading.Kind.SUM, 5000.0, 8192));
    // Eight are taken and twenty wait; the pod that says nothing has eight more, taken or not.
    assertThat(reading(none, Role.DECODE, List.of(gateway), List.of(full, silent)))
        .isEqualTo(
            SignalReading.atLeast("KVUtilization", SignalReading.Kind.SHARE, 28 / 16.0, 0.75));
    assertThat(reading(none, Role.DECODE, List.of(silent), List.of(full, full)))
        .isEqualTo(SignalReading.atLeast("KVUtilization", SignalReading.Kind.SHARE, 1.0, 0.75));
    assertThat(reading(none, Role.DECODE, List.of(gateway), List.of(full)))
        .isEqualTo(new SignalReading("KVUtilization", SignalReading.Kind.SHARE, 3.5, 0.75));
  }

  private SignalReading reading(
      EPDAutoscalingPolicySpec policy, Role role, List<Page> gateways, List<Page> pods) {
    return look(policy, role, new Scrape(NOW, gateways, pods)).signals().getFirst();
  }

  @Test
  void aFigureThatNoPageHasIsUnknown() {
    EPDAutoscalingPolicySpec none = EPDAutoscalingPolicySpec.DEFAULT;
    Page gateway = page("g", "epd_prefill_queue_tokens 5000\n");
    Page silent = new Page("g2", null);
    assertThat(value(none, Role.PREFILL, new Scrape(NOW, List.of(silent), List.of()))).isNull();
    assertThat(value(none, Role.DECODE, new Scrape(NOW, List.of(gateway), List.of(silent))))
        .isNull();
    assertThat(value(none, Role.PREFILL, new Scrape(NOW, List.of(), List.of()))).isNull();
    assertThat(value(none, Role.DECODE, new Scrape(NOW, List.of(gateway), List.of()))).isNull();
  }

  @Test
  void workThatWaitsForOtherPoolsIsRead() {
    Page gateway =
        page(
            "g",
            """
            epd_image_queue_images 3
            epd_image_queue_patches 300
            epd_image_queue_oldest_seconds 1
            epd_image_arrived_images_total 9
            epd_image_arrived_patches_total 900
            epd_image_queue_blocked_patches{by="prefill"} 200
            epd_image_queue_blocked_patches{by="decode"} 50
            """);
    Scrape scrape = new Scrape(NOW, List.of(gateway), List.of());
    var sample = LoadMetrics.sample(scrape);
    assertThat(sample.blocked()).isEqualTo(new Blocked(200, 50));
    assertThat(sample.runnable()).isEqualTo(50);
    assertThat(sample.isBlocked()).isTrue();
  }

  @Test
  void imagesAreReadBySize() {
    Page gateway =
        page(
            "g",
            """
            epd_image_queue_images{size="256"} 1
            epd_image_queue_images{size="more"} 2
            epd_image_queue_patches{size="256"} 100
            epd_image_queue_patches{size="more"} 50000
            epd_image_queue_oldest_seconds 1
            epd_image_arrived_images_total{size="512"} 9
            epd_image_arrived_patches_total{size="512"} 4000
            """);
    Page encoder =
        page(
            "e",
            """
            epd_encoder_busy_seconds_total 7
            epd_encoder_images_total{size="512"} 8
            epd_encoder_patches_total{size="512"} 3500
            """);
    Page old =
        page(
            "o",
            """
            epd_encoder_busy_seconds_total 7
            epd_encoder_images_total 8
            epd_encoder_patches_total 3500
            """);
    var sample = LoadMetrics.sample(new Scrape(NOW, List.of(gateway), List.of(encoder, old)));
    assertThat(sample.queuedImages()).isEqualTo(3);
    assertThat(sample.queuedPatches()).isEqualTo(50_100);
    assertThat(sample.queued())
        .isEqualTo(new Mix.Builder().add(0, 1, 100).add(7, 2, 50_000).build());
    assertThat(sample.arrived()).isEqualTo(Map.of("g", new Mix.Builder().add(1, 9, 4000).build()));
    assertThat(sample.encoders())
        .isEqualTo(
            Map.of(
                "e", new EncoderTotals(7, new Mix.Builder().add(1, 8, 3500).build()),
                "o", new EncoderTotals(7, 3500, 8)));
    assertThat(sample.isSound()).isTrue();
  }

  @Test
  void aPercentileIsThatOfTheLastHalfMinuteOfEveryGateway() {
    EPDAutoscalingPolicySpec policy =
        policy(
            "signals: [{type: Latency, latency: {metric: TimeToFirstToken, target: 2s, percentile:"
                + " 50}}]");
    // Before: slow answers, and a gateway that is older than the other.
    assertThat(value(policy, Role.PREFILL, ttft(0, "a", 0, 0, 100))).as("a first look").isNull();
    assertThat(value(policy, Role.PREFILL, ttft(10, "a", 10, 10, 110)))
        .isCloseTo(0.5, within(1e-9));
    assertThat(value(policy, Role.PREFILL, ttft(20, "a", 10, 30, 130)))
        .isCloseTo(1.25, within(1e-9));
    // The first ten seconds have left the window: 20 answers, all between one and two seconds.
    assertThat(value(policy, Role.PREFILL, ttft(45, "a", 10, 30, 130)))
        .isCloseTo(1.5, within(1e-9));
    // Silence is not slow.
    assertThat(value(policy, Role.PREFILL, ttft(90, "a", 10, 30, 130))).isZero();
    // A gateway that starts again counts from its new start.
    assertThat(value(policy, Role.PREFILL, ttft(100, "a", 2, 2, 2))).isNull();
    assertThat(value(policy, Role.PREFILL, ttft(101, "a", 6, 6, 6))).isCloseTo(0.5, within(1e-9));
    // Beyond the last bound nothing is known but that.
    assertThat(value(policy, Role.PREFILL, ttft(102, "a", 6, 6, 600))).isEqualTo(2);
    assertThat(value(policy, Role.PREFILL, new Scrape(NOW.plusSeconds(103), List.of(), List.of())))
        .isNull();
  }

  @Test
  void aStallIsNoSilence() {
    EPDAutoscalingPolicySpec policy =
        policy("signals: [{type: Latency, latency: {metric: TimeToFirstToken, target: 2s}}]");
    value(policy, Role.PREFILL, ttft(0, "a", 5, 5, 5));
    Page still = gateway("a", 5, 5, 5, "epd_requests_active 7\n");
    assertThat(value(policy, Role.PREFILL, at(1, still))).as("seven wait, none is served").isNull();
    assertThat(value(policy, Role.PREFILL, at(60, still))).isNull();
    assertThat(value(policy, Role.PREFILL, at(61, gateway("a", 5, 5, 5, "")))).isNull();
    Page idle = gateway("b", 0, 0, 0, "epd_requests_active 0\n");
    assertThat(value(policy, Role.PREFILL, at(62, still, idle))).isNull();
    assertThat(value(policy, Role.PREFILL, at(63, still, idle))).as("one of them waits").isNull();
    assertThat(value(policy, Role.PREFILL, at(64, idle))).as("nothing waits").isZero();
  }

  /** Text is no reason to keep encoders whose latency nobody measures any more. */
  @Test
  void imagesAreWhatTheEncodersLatencyIsMeasuredOf() {
    EPDAutoscalingPolicySpec policy =
        policy("signals: [{type: Latency, latency: {metric: Encode, target: 2s}}]");
    String still =
        "epd_gateway_encode_seconds_bucket{le=\"+Inf\"} 5\nepd_requests_active 7\n"
            + "epd_image_queue_images 0\n";
    value(policy, Role.ENCODER, at(0, page("a", still)));
    assertThat(value(policy, Role.ENCODER, at(1, page("a", still)))).isZero();
    String given = still + "epd_image_outstanding_patches{encoder=\"e\"} 100\n";
    assertThat(value(policy, Role.ENCODER, at(2, page("a", given)))).isNull();
    String queued = still.replace("images 0", "images 1");
    assertThat(value(policy, Role.ENCODER, at(3, page("a", queued)))).isNull();
  }

  @Test
  void whatAGatewayMeasuredWhileItDidNotAnswerIsNotOfTheLastHalfMinute() {
    EPDAutoscalingPolicySpec policy =
        policy(
            "signals: [{type: Latency, latency: {metric: TimeToFirstToken, target: 2s, percentile:"
                + " 50}}]");
    value(policy, Role.PREFILL, ttft(0, "a", 0, 0, 0));
    for (int second = 10; second < 600; second += 10) {
      assertThat(value(policy, Role.PREFILL, at(second, new Page("a", null)))).isNull();
    }
    assertThat(value(policy, Role.PREFILL, ttft(600, "a", 0, 0, 100))).isNull();
    assertThat(value(policy, Role.PREFILL, ttft(601, "a", 10, 10, 110)))
        .isCloseTo(0.5, within(1e-9));
  }

  @Test
  void aClockThatIsSetBackLeavesNothingOfTheFuture() {
    EPDAutoscalingPolicySpec policy =
        policy("signals: [{type: Latency, latency: {metric: TimeToFirstToken, target: 2s}}]");
    assertThat(replicas(policy, 3600, 1)).isEqualTo(1);
    assertThat(replicas(policy, 0, 4)).isEqualTo(4);
    assertThat(replicas(policy, 31, 8)).isEqualTo(4);
    assertThat(replicas(policy, 62, 8)).isEqualTo(8);
  }

  @Test
  void aLatencySaysHowFewPodsItWasMeasuredAt() {
    EPDAutoscalingPolicySpec policy =
        policy("signals: [{type: Latency, latency: {metric: TimeToFirstToken, target: 2s}}]");
    assertThat(replicas(policy, 0, 1)).isEqualTo(1);
    assertThat(replicas(policy, 10, 2)).as("one has come").isEqualTo(1);
    assertThat(replicas(policy, 39, 2)).isEqualTo(1);
    assertThat(replicas(policy, 40, 2)).as("for half a minute").isEqualTo(2);
    assertThat(replicas(policy, 41, 1)).as("one has gone").isEqualTo(1);
  }

  private int replicas(EPDAutoscalingPolicySpec policy, int second, int pods) {
    List<Page> asked = Collections.nCopies(pods, new Page("p", null));
    Scrape scrape = new Scrape(NOW.plusSeconds(second), List.of(gateway("a", 5, 5, 5, "")), asked);
    return look(policy, Role.PREFILL, scrape).signals().getFirst().replicas();
  }

  private static Scrape ttft(int second, String pod, int oneSecond, int twoSeconds, int all) {
    return at(second, gateway(pod, oneSecond, twoSeconds, all, "epd_requests_active 0.0\n"));
  }

  private static Scrape at(int second, Page... gateways) {
    return new Scrape(NOW.plusSeconds(second), List.of(gateways), List.of());
  }

  private static Page gateway(String pod, int oneSecond, int twoSeconds, int all, String more) {
    String name = "epd_time_to_first_token_seconds_bucket";
    return page(
        pod,
        "%1$s{le=\"1.0\"} %2$d\n%1$s{le=\"2.0\"} %3$d\n%1$s{le=\"+Inf\"} %4$d\n%5$s"
            .formatted(name, oneSecond, twoSeconds, all, more));
  }

  @Test
  void aSignalOfAnotherRoleIsRefused() {
    assertThatThrownBy(() -> Signals.of(policy("signals: [{type: KVUtilization}]"), Role.ENCODER))
        .hasMessage(
            "signal KVUtilization does not scale encoder pods: give encoder a policy of its own");
    assertThatThrownBy(() -> Signals.of(policy("signals: [{type: ImageQueue}]"), Role.PREFILL))
        .hasMessage(
            "signal ImageQueue does not scale prefill pods: give prefill a policy of its own with"
                + " signal QueueTokens (pictures that prefill encodes itself count there too, with"
                + " their tokens)");
  }

  @Test
  void oneValueIsReadFromAnAnswer() {
    assertThat(
            PrometheusQuery.read(
                """
                {"status":"success","data":{"resultType":"vector","result":[{"metric":{"a":"b"},"value":[1.5,"12.25"]}]}}
                """))
        .isEqualTo(12.25);
    assertThat(
            PrometheusQuery.read(
                "{\"status\":\"success\",\"data\":{\"resultType\":\"scalar\",\"result\":[1,\"3\"]}}"))
        .isEqualTo(3);
    for (String bad :
        List.of(
            "not json",
            "{}",
            "{\"status\":\"error\",\"error\":\"parse error\"}",
            "{\"status\":\"success\",\"data\":{\"resultType\":\"vector\",\"result\":[]}}",
            "{\"status\":\"success\",\"data\":{\"resultType\":\"matrix\",\"result\":[]}}",
            "{\"status\":\"success\",\"data\":{\"resultType\":\"scalar\",\"result\":[1,\"NaN\"]}}")) {
      assertThatThrownBy(() -> PrometheusQuery.read(bad))
          .as(bad)
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  void aValueGrowsOldAndTheQueryIsEncoded() {
    AtomicReference<@Nullable URI> asked = new AtomicReference<>();
    PrometheusQuery query =
        new PrometheusQuery(
            new PrometheusSignal("http://prom:9090/", "sum(rate(x[1m]))", "2"),
            uri -> {
              boolean first = asked.getAndSet(uri) == null;
              return first
                  ? "{\"status\":\"success\",\"data\":{\"resultType\":\"scalar\",\"result\":[1,\"3\"]}}"
                  : null;
            });
    await().until(() -> query.value(NOW) != null);
    assertThat(asked.get())
        .isEqualTo(URI.create("http://prom:9090/api/v1/query?query=sum%28rate%28x%5B1m%5D%29%29"));
    assertThat(query.value(NOW.plusSeconds(14))).isEqualTo(3.0);
    assertThat(query.value(NOW.plusSeconds(16))).isNull();
  }
}
