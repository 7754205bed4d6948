package dev.epd.helm;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The files that the chart is made of and compared with. */
final class Repository {
  static final Path HOME = find();
  static final Path CHART = HOME.resolve("helm/epd-operator");

  private Repository() {}

  static String text(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * A committed file is what its source makes of it; {@code make chart} writes it anew.
   *
   * @param file the generated file, in the chart
   * @param expected its text by the source as it is now
   */
  static void assertGenerated(Path file, String expected) {
    try {
      if (Boolean.getBoolean("update.chart")) {
        Files.createDirectories(file.getParent());
        Files.writeString(file, expected);
      }
      assertThat(Files.exists(file) ? Files.readString(file) : "")
          .as("%s; `make chart` writes it anew", HOME.relativize(file))
          .isEqualTo(expected);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Path find() {
    for (Path folder = Path.of("").toAbsolutePath(); folder != null; folder = folder.getParent()) {
      if (Files.isDirectory(folder.resolve("config/samples"))) {
        return folder;
      }
    }
    throw new IllegalStateException("not inside the repository");
  }
}
