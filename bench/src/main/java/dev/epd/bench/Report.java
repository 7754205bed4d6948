package dev.epd.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The results as one page to read and one file to compute with. */
final class Report {
  /** One benchmark, with the words that its table needs. */
  record Section(String title, String about, List<Figure> figures) {}

  private final Map<String, String> environment;
  private final List<Section> sections = new ArrayList<>();

  Report(Map<String, String> environment) {
    this.environment = environment;
  }

  void add(Section section) {
    sections.add(section);
  }

  void fact(String name, String value) {
    environment.put(name, value);
  }

  void write(Path folder) throws IOException {
    Files.createDirectories(folder);
    Files.writeString(folder.resolve("results.md"), markdown());
    Files.writeString(folder.resolve("results.json"), json());
  }

  String markdown() {
    StringBuilder page = new StringBuilder("# Results\n\nWritten by `make bench`; ");
    page.append("[how to read them](../README.md). All values of all rounds: results.json.\n\n");
    page.append("| | |\n|---|---|\n");
    environment.forEach((name, value) -> page.append("| %s | %s |\n".formatted(name, value)));
    for (Section section : sections) {
      page.append("\n## %s\n\n%s\n\n".formatted(section.title, section.about));
      page.append("| | median | lowest – highest | unit | rounds |\n|---|---:|---:|---|---:|\n");
      for (Figure figure : section.figures) {
        page.append(
            "| %s | %s | %s – %s | %s | %d |\n"
                .formatted(
                    figure.name(),
                    number(figure.median()),
                    number(figure.min()),
                    number(figure.max()),
                    figure.unit(),
                    figure.rounds().size()));
      }
    }
    return page.toString();
  }

  private String json() throws IOException {
    List<Map<String, Object>> figures = new ArrayList<>();
    for (Section section : sections) {
      for (Figure figure : section.figures) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("section", figure.section());
        fields.put("name", figure.name());
        fields.put("unit", figure.unit());
        fields.put("median", figure.median());
        fields.put("rounds", figure.rounds());
        figures.add(fields);
      }
    }
    Map<String, Object> root = new LinkedHashMap<>();
    root.put("environment", environment);
    root.put("figures", figures);
    return new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT).writeValueAsString(root)
        + "\n";
  }

  /** Three significant digits. */
  private static String number(double value) {
    double size = Math.abs(value);
    String format = size >= 100 ? "%.0f" : size >= 10 ? "%.1f" : size >= 1 ? "%.2f" : "%.3f";
    return String.format(Locale.ROOT, format, value);
  }
}
