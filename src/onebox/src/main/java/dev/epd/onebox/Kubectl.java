package dev.epd.onebox;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** Calls kubectl out of the one binary. */
final class Kubectl {
  private Kubectl() {}

  static KubectlResult run(Path kube, Path kubeconfig, String... args) {
    List<String> command = new ArrayList<>(List.of(kube.toString(), "kubectl"));
    command.add("--kubeconfig=" + kubeconfig);
    // Discovery is cached beside the kubeconfig: nothing is left in the user's home.
    command.add("--cache-dir=" + kubeconfig.resolveSibling("kubectl-cache"));
    command.addAll(List.of(args));
    try {
      Process process = new ProcessBuilder(command).start();
      process.getOutputStream().close();
      CompletableFuture<String> err = new CompletableFuture<>();
      Thread.ofVirtual().start(() -> err.complete(text(process.getErrorStream())));
      String out = text(process.getInputStream());
      return new KubectlResult(process.waitFor(), out, err.join());
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot run kubectl from " + kube, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new OneboxException("Interrupted while kubectl ran", e);
    }
  }

  private static String text(java.io.InputStream in) {
    try {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      return "";
    }
  }
}
