package dev.epd.bench;

import dev.epd.bench.Report.Section;
import dev.epd.bench.Rounds.Value;
import dev.epd.onebox.ControlPlane;
import dev.epd.onebox.ControlPlaneConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** From the start of the operator's process until it is ready. */
final class OperatorStartBench {
  private static final int WARM_UP = 1;
  private static final int ROUNDS = 5;

  private OperatorStartBench() {}

  static Section run(Path home) throws Exception {
    Path folder = Files.createTempDirectory("epd-bench");
    try (ControlPlane kube =
        ControlPlane.start(
            ControlPlaneConfig.defaults().withoutScheduler().withoutControllerManager())) {
      ControlBench.install(kube, home);
      String cache = "-XX:AOTCache=" + train(home);
      Rounds rounds =
          new Rounds("operator start")
              .add("with its cache", () -> start(kube, home, folder, cache))
              .add("without", () -> start(kube, home, folder, "-XX:AOTMode=off"))
              .add("without, C2 too", () -> start(kube, home, folder, "-XX:TieredStopAtLevel=4"))
              .run(WARM_UP, ROUNDS)
              .ratio("with its cache / without", "with its cache", "without");
      return new Section(
          "Start of the operator",
          "From the start of the process until its readiness check says 200, with the flags of its"
              + " image; the cache is that of operator/train.sh, made without an API server.",
          rounds.figures());
    } finally {
      ControlBench.delete(folder);
    }
  }

  private static List<Value> start(ControlPlane kube, Path home, Path folder, String option)
      throws Exception {
    try (OperatorProcess operator =
        OperatorProcess.start(kube, home, folder, List.of("-Xmx128m", option))) {
      double ready = operator.awaitReady();
      operator.end();
      return List.of(new Value("", "s", ready));
    }
  }

  private static Path train(Path home) throws IOException, InterruptedException {
    Path app = home.resolve("operator/target/quarkus-app");
    List<String> command = new ArrayList<>();
    command.add(home.resolve("operator/train.sh").toString());
    command.add(app.toString());
    command.add(OperatorProcess.java("java"));
    command.addAll(OperatorProcess.FLAGS);
    if (new ProcessBuilder(command).inheritIO().start().waitFor() != 0) {
      throw new IOException("operator/train.sh failed");
    }
    return app.resolve("epd-operator.aot");
  }
}
