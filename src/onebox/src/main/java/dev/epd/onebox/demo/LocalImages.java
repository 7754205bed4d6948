package dev.epd.onebox.demo;

import dev.epd.onebox.OneboxException;
import dev.epd.onebox.kubelet.ImageTable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * What the product's two images mean on this machine: the programs that the build left in target/.
 */
public final class LocalImages {

  private static final String OPERATOR_IMAGE = "epd.dev/operator";
  private static final String RUNTIME_IMAGE = "epd.dev/runtime";

  private LocalImages() {}

  /**
   * The image table of a repository.
   *
   * @param home the repository's root
   * @throws OneboxException naming the program that has not been built
   */
  public static ImageTable images(Path home) {
    return ImageTable.empty()
        // Pods share one machine: each binds its own address instead of all.
        .withEnv("EPD_BIND_ADDRESS", "$(POD_IP)")
        .withEnv("QUARKUS_HTTP_HOST", "$(POD_IP)")
        .withEnv("QUARKUS_LOG_CONSOLE_JSON_ENABLED", "false")
        .withImage(OPERATOR_IMAGE, operator(home), Map.of())
        .withImage(RUNTIME_IMAGE, runtime(home), Map.of());
  }

  private static List<String> operator(Path home) {
    Path jar = built(home.resolve("operator/target/quarkus-app/quarkus-run.jar"));
    return List.of(
        java(), "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xmx128m", "-jar", jar.toString());
  }

  /**
   * The command of the pods' program, without its flags.
   *
   * @throws OneboxException if it has not been built
   */
  public static List<String> runtime(Path home) {
    Path app = built(home.resolve("runtime-image/target/app"));
    List<String> command = new ArrayList<>(List.of(java()));
    command.addAll(jvmOptions(app.resolve("jvm.options")));
    command.addAll(List.of("-cp", app.resolve("lib") + "/*", "dev.epd.runtimeimage.Main"));
    return command;
  }

  private static List<String> jvmOptions(Path file) {
    try {
      return Files.readAllLines(file).stream()
          .map(String::strip)
          .filter(line -> !line.isEmpty() && !line.startsWith("#"))
          .toList();
    } catch (IOException e) {
      throw new OneboxException("Cannot read " + file, e);
    }
  }

  private static Path built(Path program) {
    if (!Files.exists(program)) {
      throw new OneboxException(program + " has not been built; run make build");
    }
    return program;
  }

  private static String java() {
    return Path.of(System.getProperty("java.home"), "bin", "java").toString();
  }
}
