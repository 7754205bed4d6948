package dev.epd.operator.autoscaling;

import static org.assertj.core.api.Assertions.assertThat;

import dev.epd.api.v1alpha1.Reason;
import dev.epd.planner.Refusals;
import io.fabric8.kubernetes.api.model.Pod;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class RefusalReaderTest {
  private static final String REFUSES =
      """
      epd_gateway_usable_pods{role="decode"} 0.0
      epd_gateway_refused_pods{reason="unauthenticated",role="decode"} 3.0
      """;
  private static final String FITS =
      """
      epd_gateway_usable_pods{role="decode"} 3.0
      epd_gateway_refused_pods{reason="unauthenticated",role="decode"} 0.0
      """;

  private final MetricsPages pages = new MetricsPages();

  @AfterEach
  void stop() {
    pages.close();
  }

  @Test
  void eachClusterIsJudgedByItsGatewaysThatAnswer() throws Exception {
    Pod refuses = pages.pod("refuses", "127.83.11.1", REFUSES);
    Pod fits = pages.pod("fits", "127.83.11.2", FITS);
    Pod older = pages.pod("older", "127.83.11.3", "epd_requests_active 0.0\n");
    Pod mute = MetricsPages.ready("mute", "127.83.11.4");
    try (HttpLoadSource http = new HttpLoadSource(pages.port(), Clock.systemUTC())) {
      Map<String, Refusals> read =
          new RefusalReader(http)
              .read(
                  Map.of(
                      "all", List.of(refuses),
                      "all that answered", List.of(refuses, mute),
                      "one fits, one is mute", List.of(fits, mute),
                      "one of two", List.of(refuses, fits),
                      "none", List.of(fits),
                      "an older version", List.of(older),
                      "no answer", List.of(mute),
                      "no gateway", List.of()));
      assertThat(reason(read.get("all"))).isEqualTo(Reason.RoleRefused);
      assertThat(reason(read.get("one of two"))).isEqualTo(Reason.PodsRefused);
      assertThat(reason(read.get("all that answered"))).isEqualTo(Reason.PodsRefused);
      assertThat(read)
          .containsEntry("one fits, one is mute", Refusals.UNKNOWN)
          .containsEntry("none", Refusals.NONE)
          .containsEntry("an older version", Refusals.NONE)
          .containsEntry("no answer", Refusals.UNKNOWN)
          .containsEntry("no gateway", Refusals.UNKNOWN);
    }
  }

  private static Reason reason(@Nullable Refusals refusals) {
    return ((Refusals.Some) Objects.requireNonNull(refusals)).problem().reason();
  }
}
