package dev.epd.systemtest;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The official Python client in a virtual environment of its own, kept in the user's cache. */
final class OpenAiSdk {
  private static final String VERSION = "3.57.0";

  private OpenAiSdk() {}

  /** Its Python, or null where there is no python3 to make it with. */
  static @Nullable Path python() throws IOException, InterruptedException {
    String cache = System.getenv("XDG_CACHE_HOME");
    Path base = cache == null ? Path.of(System.getProperty("user.home"), ".cache") : Path.of(cache);
    Path venv = base.resolve("epd-operator").resolve("openai-" + VERSION);
    Path done = venv.resolve("done");
    Path python = venv.resolve("bin/python");
    if (Files.exists(done)) {
      return python;
    }
    if (!run("python3", "-m", "venv", "--clear", venv.toString())) {
      return null;
    }
    if (!run(python.toString(), "-m", "pip", "install", "-q", "openai==" + VERSION)) {
      throw new IOException("pip could not install openai " + VERSION);
    }
    Files.writeString(done, VERSION);
    return python;
  }

  private static boolean run(String... command) throws InterruptedException {
    try {
      return new ProcessBuilder(List.of(command)).inheritIO().start().waitFor() == 0;
    } catch (IOException e) {
      return false; // no such program
    }
  }
}
