package dev.epd.operator.autoscaling;

import static org.assertj.core.api.Assertions.assertThat;

import dev.epd.api.v1alpha1.Role;
import dev.epd.planner.HeldWork;
import io.fabric8.kubernetes.api.model.Pod;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class HeldWorkReaderTest {
  private final MetricsPages pages = new MetricsPages();

  @AfterEach
  void stop() {
    pages.close();
  }

  @Test
  void encodersSayHowFastTheyAreAndGatewaysWhatTheyHold() throws Exception {
    Pod fast = pages.pod("fast", "127.83.10.1", encoder(100, 6_000, 1));
    Pod slow = pages.pod("slow", "127.83.10.2", encoder(100, 3_000, 2));
    Pod young = pages.pod("young", "127.83.10.3", encoder(1, 10, 0));
    Pod mute = pages.pod("mute", "127.83.10.4", "epd_role_waiting 0\n");
    Pod gateway =
        pages.pod("gateway", "127.83.10.5", "epd_image_outstanding_patches{encoder=\"slow\"} 70\n");
    List<Pod> encoders = List.of(fast, slow, young, mute);
    try (HttpLoadSource http = new HttpLoadSource(pages.port(), Clock.systemUTC())) {
      HeldWorkReader reader = new HeldWorkReader(http);
      assertThat(reader.read(Role.ENCODER, encoders, List.of(gateway)))
          .isEqualTo(
              Map.of(
                  "fast", new HeldWork(0, 0, 1),
                  "slow", new HeldWork(4, 70, 2),
                  "young", new HeldWork(0, 0, 0)));
      assertThat(reader.read(Role.PREFILL, encoders, List.of(gateway)))
          .as("only encoders say what they do in a second")
          .isEqualTo(
              Map.of(
                  "fast", new HeldWork(0, 0, 1),
                  "slow", new HeldWork(0, 0, 2),
                  "young", new HeldWork(0, 0, 0)));
    }
  }

  private static String encoder(double busy, double patches, int running) {
    return """
    epd_encoder_busy_seconds_total %f
    epd_encoder_patches_total %f
    epd_encoder_images_total %f
    epd_role_running %d
    """
        .formatted(busy, patches, patches / 10, running);
  }
}
