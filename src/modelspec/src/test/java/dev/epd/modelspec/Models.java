package dev.epd.modelspec;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** The project's own checkpoints and goldens, and damaged copies of them. */
final class Models {
  static final Path ROOT = root();
  static final Path SHAPES = ROOT.resolve("shapes");
  static final Path GOLDENS = ROOT.resolve("goldens");
  static final Path QWEN = GOLDENS.resolve("qwen2_5_vl");
  static final Path RANDOM = QWEN.resolve("hf");

  private Models() {}

  private static Path root() {
    for (Path at = Path.of("").toAbsolutePath(); at != null; at = at.getParent()) {
      if (Files.isDirectory(at.resolve("models/goldens"))) {
        return at.resolve("models");
      }
    }
    throw new IllegalStateException("models/ not found above the working directory");
  }

  /** A copy of a checkpoint that a test may damage. */
  static Path copy(Path checkpoint, Path into) {
    try (Stream<Path> files = Files.list(checkpoint)) {
      for (Path file : files.toList()) {
        Files.copy(file, into.resolve(file.getFileName()));
      }
      return into;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static void replace(Path file, String what, String by) throws IOException {
    String text = Files.readString(file, StandardCharsets.UTF_8);
    if (!text.contains(what)) {
      throw new IllegalArgumentException(file + " does not contain " + what);
    }
    Files.writeString(file, text.replace(what, by));
  }
}
