package dev.epd.bench;

import dev.epd.onebox.ControlPlane;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The packaged operator with the rights and the heap of its Deployment. */
final class OperatorProcess implements AutoCloseable {
  static final String USER = "system:serviceaccount:epd-system:epd-operator";

  /** As in operator/Dockerfile. */
  static final List<String> FLAGS =
      List.of("-XX:+UseSerialGC", "-XX:+UseStringDeduplication", "-XX:TieredStopAtLevel=1");

  private static final Duration PATIENCE = Duration.ofMinutes(3);
  private static final Duration LOOK_AGAIN = Duration.ofMillis(10);

  private static final Pattern CLASS =
      Pattern.compile("(?m)^ *\\d+: +\\d+ +(?<bytes>\\d+) +(?<name>\\S+)");

  private final Process process;
  private final Path log;
  private final int port;
  private final long started;

  private OperatorProcess(Process process, Path log, int port, long started) {
    this.process = process;
    this.log = log;
    this.port = port;
    this.started = started;
  }

  /**
   * Starts it; it is not ready on return.
   *
   * @param options of the JVM, such as a heap and a cache
   */
  static OperatorProcess start(ControlPlane kube, Path home, Path folder, List<String> options)
      throws IOException {
    return start(kube, home, folder, options, "epd-operator-0");
  }

  /** The same under a name of its own, by which the two take turns. */
  static OperatorProcess start(
      ControlPlane kube, Path home, Path folder, List<String> options, String pod)
      throws IOException {
    Path log = Files.createTempFile(folder, "operator", ".log");
    int port;
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = free.getLocalPort();
    }
    List<String> command = new ArrayList<>();
    command.add(java("java"));
    command.addAll(FLAGS);
    command.addAll(options);
    command.addAll(
        List.of(
            "-Dquarkus.http.host=127.0.0.1",
            "-Dquarkus.http.port=" + port,
            "-jar",
            home.resolve("operator/target/quarkus-app/quarkus-run.jar").toString()));
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile());
    builder
        .environment()
        .put("KUBECONFIG", kube.kubeconfigFor("epd-system", "epd-operator").toString());
    builder.environment().put("POD_NAME", pod);
    builder.environment().put("POD_NAMESPACE", "epd-system");
    long started = System.nanoTime();
    return new OperatorProcess(builder.start(), log, port, started);
  }

  /** Seconds from the start of the process until its readiness check says 200. */
  double awaitReady() throws IOException, InterruptedException {
    while (!isReady()) {
      if (!process.isAlive() || System.nanoTime() - started > PATIENCE.toNanos()) {
        throw new IOException("the operator did not become ready:\n" + Files.readString(log));
      }
      Thread.sleep(LOOK_AGAIN);
    }
    return secondsSinceStart();
  }

  double secondsSinceStart() {
    return (System.nanoTime() - started) / 1e9;
  }

  private boolean isReady() {
    try {
      HttpURLConnection get =
          (HttpURLConnection)
              URI.create("http://127.0.0.1:" + port + "/q/health/ready").toURL().openConnection();
      get.setReadTimeout((int) PATIENCE.toMillis());
      return get.getResponseCode() == 200;
    } catch (IOException e) {
      return false;
    }
  }

  /**
   * Bytes of the objects that are alive, after a full collection. What the collector puts where
   * dead objects were is listed with them and left out: it comes and goes by up to 9 MiB.
   */
  long liveBytes() throws IOException, InterruptedException {
    Process jcmd =
        new ProcessBuilder(java("jcmd"), Long.toString(process.pid()), "GC.class_histogram")
            .redirectErrorStream(true)
            .start();
    String said = new String(jcmd.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    jcmd.waitFor();
    Matcher classes = CLASS.matcher(said);
    long live = 0;
    while (classes.find()) {
      live += classes.group("name").contains("jdk.internal.vm.Filler") ? 0 : bytes(classes);
    }
    if (live == 0) {
      throw new IOException("jcmd says: " + said);
    }
    return live;
  }

  private static long bytes(Matcher line) {
    return Long.parseLong(line.group("bytes"));
  }

  /** SIGTERM; returns when it has ended, which writes a cache if it was asked for one. */
  void end() {
    process.destroy();
    process.onExit().join();
  }

  static String java(String tool) {
    return Path.of(System.getProperty("java.home"), "bin", tool).toString();
  }

  @Override
  public void close() {
    process.destroyForcibly().onExit().join();
  }
}
