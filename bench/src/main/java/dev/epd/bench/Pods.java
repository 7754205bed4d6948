package dev.epd.bench;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** One pod of each role, with so many compute threads each, and who is asked where. */
record Pods(
    String threads,
    Workspace workspace,
    RoleProcess encoder,
    RoleProcess prefill,
    RoleProcess decode,
    RoleProcess gateway)
    implements AutoCloseable {
  /** Places of the encoder: a queue that is never the limit here. */
  private static final int IMAGES = 32;

  /**
   * @param threads of each role's tensor library; 0 takes the program's default
   */
  static Pods start(Workspace workspace, int threads) throws IOException, InterruptedException {
    List<String> flags = new ArrayList<>(List.of("--max-images=" + IMAGES));
    if (threads > 0) {
      flags.add("--threads=" + threads);
    }
    String[] all = flags.toArray(String[]::new);
    RoleProcess encoder = workspace.start("encoder", all);
    RoleProcess prefill = workspace.start("prefill", all);
    RoleProcess decode = workspace.start("decode", all);
    RoleProcess gateway = workspace.start("gateway", endpoints(encoder, prefill, decode));
    for (RoleProcess each : List.of(encoder, prefill, decode, gateway)) {
      each.awaitReady();
    }
    String name = threads > 0 ? threads + (threads == 1 ? " thread" : " threads") : "default";
    return new Pods(name, workspace, encoder, prefill, decode, gateway);
  }

  static String endpoints(RoleProcess encoder, RoleProcess prefill, RoleProcess decode) {
    return "--endpoints=%s,%s,%s"
        .formatted(at("encoder", encoder), at("prefill", prefill), at("decode", decode));
  }

  private static String at(String role, RoleProcess process) {
    return "%s=127.0.0.1:%d:%d".formatted(role, process.control(), process.transfer());
  }

  @Override
  public void close() {
    for (RoleProcess each : List.of(gateway, encoder, prefill, decode)) {
      workspace.stop(each);
    }
  }
}
