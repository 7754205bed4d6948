package dev.epd.helm;

import static dev.epd.helm.Repository.CHART;
import static dev.epd.helm.Repository.HOME;
import static dev.epd.helm.Repository.text;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Alerts and dashboard speak of metrics that the programs register. The operator's are also looked
 * for on its own page, see {@link ReleaseTest}.
 */
class MetricNamesTest {
  private static final Pattern REGISTERED =
      Pattern.compile("\"((?:epd[._]|reconciliations\\.)[a-z._]+)\"");

  /** What Prometheus' naming adds: the unit, then the kind of series. */
  private static final Pattern SUFFIX =
      Pattern.compile("(?:_seconds|_bytes)?(?:_total|_bucket|_sum|_count|_max)?");

  @Test
  void everyNameIsRegisteredByAProgram() throws IOException {
    Set<String> registered = registered();
    Set<String> used = MetricNames.used();
    assertThat(used)
        .hasSizeGreaterThan(25)
        .allSatisfy(
            name ->
                assertThat(registered)
                    .as(name)
                    .anyMatch(
                        base ->
                            name.startsWith(base)
                                && SUFFIX.matcher(name.substring(base.length())).matches()));
  }

  @Test
  void theDashboardIsOneAndEveryPanelAsksSomething() throws IOException {
    JsonNode dashboard = new ObjectMapper().readTree(text(CHART.resolve("files/dashboard.json")));
    List<Integer> ids = new ArrayList<>();
    for (JsonNode panel : dashboard.get("panels")) {
      ids.add(panel.get("id").asInt());
      if (!panel.get("type").asText().equals("row")) {
        assertThat(panel.get("targets")).as(panel.get("title").asText()).isNotEmpty();
        for (JsonNode target : panel.get("targets")) {
          assertThat(target.get("expr").asText()).isNotBlank();
          assertThat(target.get("datasource").get("uid").asText()).isEqualTo("${datasource}");
        }
      }
    }
    assertThat(ids).doesNotHaveDuplicates().hasSizeGreaterThan(15);
  }

  private static Set<String> registered() throws IOException {
    Set<String> names = new TreeSet<>();
    for (String room : List.of("operator", "src/gateway", "src/runtime")) {
      try (Stream<Path> files = Files.walk(HOME.resolve(room).resolve("src/main/java"))) {
        for (Path file : files.filter(f -> f.toString().endsWith(".java")).toList()) {
          names.addAll(
              REGISTERED
                  .matcher(text(file))
                  .results()
                  .map(match -> match.group(1).replace('.', '_'))
                  .collect(Collectors.toSet()));
        }
      }
    }
    return names;
  }
}
