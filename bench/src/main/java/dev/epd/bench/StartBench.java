package dev.epd.bench;

import dev.epd.bench.Report.Section;
import dev.epd.bench.Rounds.Value;
import java.io.IOException;
import java.util.List;

/** From the start of a pod's process until its /readyz says 200. */
final class StartBench {
  private static final int WARM_UP = 1;
  private static final int ROUNDS = 5;

  private StartBench() {}

  static Section run(Workspace workspace) throws Exception {
    Rounds rounds = new Rounds("start");
    try (Pods peers = Pods.start(workspace, 1)) {
      String endpoints = Pods.endpoints(peers.encoder(), peers.prefill(), peers.decode());
      rounds
          .add("gateway", () -> start(workspace, "gateway", endpoints))
          .add("encoder", () -> start(workspace, "encoder"))
          .add("prefill", () -> start(workspace, "prefill"))
          .add("decode", () -> start(workspace, "decode"))
          .run(WARM_UP, ROUNDS);
    }
    return new Section(
        "Start of a pod",
        "From the start of the process until /readyz says 200, one at a time, files in the page cache."
            + " Ready means: the model is loaded and has made a real step; for the gateway, its pools"
            + " are known.",
        rounds.figures());
  }

  private static List<Value> start(Workspace workspace, String role, String... flags)
      throws IOException, InterruptedException {
    RoleProcess process = workspace.start(role, flags);
    double seconds = process.awaitReady();
    workspace.stop(process);
    return List.of(new Value("", "s", seconds));
  }
}
