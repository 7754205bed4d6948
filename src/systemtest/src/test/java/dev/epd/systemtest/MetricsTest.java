package dev.epd.systemtest;

import static dev.epd.systemtest.Chat.about;
import static org.assertj.core.api.Assertions.assertThat;

import dev.epd.onebox.demo.ShapePicture;
import dev.epd.onebox.demo.ShapePicture.Colour;
import dev.epd.onebox.demo.ShapePicture.Shape;
import io.fabric8.kubernetes.api.model.Pod;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** What alerts and dashboard of the chart ask for is on the pages of the pods. */
class MetricsTest {
  private static final Pattern NAME =
      Pattern.compile("\\b(?:epd|reconciliations)_[a-z0-9_]+(?=\\{|\\[|\\)| )");
  private static final Set<String> LABELS = Set.of("epd_dev_cluster", "epd_dev_role");

  /** Counters that come into being with the first thing that goes wrong. */
  private static final Pattern OF_FAULTS = Pattern.compile("fail|retries|refused");

  private final World world = World.get();

  @Test
  void thePodsExportWhatTheChartAsksFor() throws Exception {
    ShapePicture picture = ShapePicture.one(112, 112, Colour.BLUE, Shape.TRIANGLE);
    assertThat(world.quickstart().ask(about(picture.png())).text()).isEqualTo(picture.truth());
    Set<String> asked = new TreeSet<>();
    for (String file : List.of("alerts.yaml", "dashboard.json")) {
      String text = Files.readString(world.home.resolve("helm/epd-operator/files").resolve(file));
      NAME.matcher(text).results().forEach(match -> asked.add(match.group()));
    }
    asked.removeAll(LABELS);
    asked.removeIf(name -> OF_FAULTS.matcher(name).find());
    assertThat(asked).hasSizeGreaterThan(20);
    World.eventually(() -> assertThat(exported()).containsAll(asked));
  }

  /** 112 by 112 pixels are 64 patches. */
  @Test
  void imagesAreCountedBySize() {
    ShapePicture picture = ShapePicture.one(112, 112, Colour.GREEN, Shape.CIRCLE);
    assertThat(world.quickstart().ask(about(picture.png())).text()).isEqualTo(picture.truth());
    World.eventually(
        () ->
            assertThat(lines("gateway"))
                .anyMatch(counted("epd_image_arrived_patches_total", "256")));
    World.eventually(
        () ->
            assertThat(lines("encoder"))
                .anyMatch(counted("epd_encoder_images_total", "256"))
                .anyMatch(counted("epd_encoder_patches_total", "256")));
  }

  private static Predicate<String> counted(String name, String size) {
    String series = name + "{size=\"" + size + "\"} ";
    return line ->
        line.startsWith(series) && Double.parseDouble(line.substring(series.length())) > 0;
  }

  private List<String> lines(String role) throws IOException, InterruptedException {
    List<String> lines = new ArrayList<>();
    for (Pod pod : world.readyPods("default", "quickstart", role)) {
      lines.addAll(World.metrics(pod, ":9090/metrics"));
    }
    return lines;
  }

  private Set<String> exported() throws IOException, InterruptedException {
    Set<String> names = new TreeSet<>(names(world.operatorPod(), ":8080/q/metrics"));
    for (String role : List.of("gateway", "encoder", "prefill", "decode")) {
      for (Pod pod : world.readyPods("default", "quickstart", role)) {
        names.addAll(names(pod, ":9090/metrics"));
      }
    }
    return names;
  }

  private static Set<String> names(Pod pod, String page) throws IOException, InterruptedException {
    return World.metrics(pod, page).stream()
        .map(line -> line.split("[{ ]", 2)[0])
        .collect(Collectors.toSet());
  }
}
