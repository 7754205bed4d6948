package dev.epd.onebox;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Finds the one file that holds etcd, the control plane and kubectl. */
public final class KubeBinary {
  private static final String SCRIPT = "tools/kube/ensure.sh";

  private KubeBinary() {}

  /**
   * The path of the binary: {@code $KUBE_BIN}, else what {@code tools/kube/ensure.sh} of the
   * enclosing checkout gives (its cache, or a build that takes minutes and reports on stderr).
   */
  public static Path find() {
    String given = System.getenv("KUBE_BIN");
    if (given != null && !given.isBlank()) {
      return executable(Path.of(given));
    }
    Path script = scriptAbove(Path.of("").toAbsolutePath());
    if (script == null) {
      throw new OneboxException(
          "No kube binary: set KUBE_BIN to one, or run inside a checkout that holds " + SCRIPT);
    }
    return build(script);
  }

  private static Path executable(Path path) {
    if (!Files.isExecutable(path)) {
      throw new OneboxException(
          "KUBE_BIN=" + path + " is not an executable file; correct it or unset it");
    }
    return path.toAbsolutePath();
  }

  private static @Nullable Path scriptAbove(Path folder) {
    for (Path at = folder; at != null; at = at.getParent()) {
      Path script = at.resolve(SCRIPT);
      if (Files.isExecutable(script)) {
        return script;
      }
    }
    return null;
  }

  private static Path build(Path script) {
    try {
      Process process =
          new ProcessBuilder(script.toString())
              .redirectError(ProcessBuilder.Redirect.INHERIT)
              .start();
      process.getOutputStream().close();
      String path =
          new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
      if (process.waitFor() != 0 || path.isEmpty()) {
        throw new OneboxException(script + " gave no kube binary; its messages above say why");
      }
      return Path.of(path);
    } catch (IOException e) {
      throw new OneboxException("Cannot run " + script, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new OneboxException("Interrupted while waiting for " + script, e);
    }
  }
}
