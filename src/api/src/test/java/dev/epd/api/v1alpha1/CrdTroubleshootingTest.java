package dev.epd.api.v1alpha1;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;

/** The committed page is what the enums say. Rewrite it with {@code -Dupdate.crds=true}. */
class CrdTroubleshootingTest {
  private static final Path PAGE = Path.of("../../docs/troubleshooting.md");

  @Test
  void committedPageEqualsTheReasons() throws IOException {
    String page = page();
    if (Boolean.getBoolean("update.crds")) {
      Files.writeString(PAGE, page);
    }
    assertThat(Files.readString(PAGE))
        .as("docs/troubleshooting.md; rewrite with -Dupdate.crds=true")
        .isEqualTo(page);
  }

  @Test
  void everyReasonHasOneAnchor() {
    List<String> anchors =
        page()
            .lines()
            .filter(line -> line.startsWith("### "))
            .map(line -> line.substring(4).toLowerCase(Locale.ROOT))
            .toList();
    assertThat(anchors)
        .containsExactlyInAnyOrderElementsOf(
            Arrays.stream(Reason.values()).map(r -> r.name().toLowerCase(Locale.ROOT)).toList());
  }

  @Test
  void everyReasonSaysWhatToDoInSentences() {
    for (Reason reason : Reason.values()) {
      assertThat(List.of(reason.meaning(), reason.remedy()))
          .as(reason.name())
          .allSatisfy(text -> assertThat(text).matches("(?s)\\S.*\\."));
    }
  }

  private static String page() {
    List<String> lines = new ArrayList<>();
    lines.add("<!-- Generated from Reason and ConditionType in src/api; do not edit. -->");
    lines.add("# Troubleshooting");
    lines.add("");
    lines.add(
        "`kubectl get epd NAME` shows the worst reason, `kubectl describe epd NAME` all"
            + " conditions with their messages, and the events. A pool's own conditions are on its"
            + " `epool`.");
    lines.add("");
    lines.add("## Conditions");
    lines.add("");
    lines.add("| condition | True means |");
    lines.add("|---|---|");
    for (ConditionType type : ConditionType.values()) {
      lines.add("| " + type + " | " + type.whenTrue() + " |");
    }
    lines.add("");
    lines.add("## Reasons");
    lines.add("");
    Arrays.stream(Reason.values())
        .sorted((a, b) -> a.name().compareTo(b.name()))
        .forEach(
            reason -> {
              lines.add("### " + reason);
              lines.add("");
              lines.add(reason.meaning());
              lines.add("");
              lines.add("**What to do:** " + reason.remedy());
              lines.add("");
            });
    return String.join("\n", lines);
  }
}
