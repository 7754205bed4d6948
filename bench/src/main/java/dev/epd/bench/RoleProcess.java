package dev.epd.bench;

import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** One pod's program on free ports of 127.0.0.1. */
final class RoleProcess implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final Duration LOOK_AGAIN = Duration.ofMillis(10);

  private final Process process;
  private final Path log;
  private final int http;
  private final int metrics;
  private final int control;
  private final int transfer;
  private final long started;

  private RoleProcess(List<String> command, Path log, int[] ports) throws IOException {
    this.log = log;
    http = ports[0];
    metrics = ports[1];
    control = ports[2];
    transfer = ports[3];
    List<String> whole = new ArrayList<>(command);
    whole.add("--bind-address=127.0.0.1");
    whole.add("--http-port=" + http);
    whole.add("--metrics-port=" + metrics);
    whole.add("--control-port=" + control);
    whole.add("--transfer-port=" + transfer);
    started = System.nanoTime();
    process =
        new ProcessBuilder(whole).redirectErrorStream(true).redirectOutput(log.toFile()).start();
  }

  static RoleProcess start(List<String> command, Path log) throws IOException {
    return new RoleProcess(command, log, freePorts(4));
  }

  /**
   * Waits until /readyz says 200.
   *
   * @return seconds since the start of the process, as fine as {@link #LOOK_AGAIN}
   */
  double awaitReady() throws IOException, InterruptedException {
    while (!isReady()) {
      if (!process.isAlive() || System.nanoTime() - started > PATIENCE.toNanos()) {
        throw new IOException("the process did not become ready:\n" + Files.readString(log));
      }
      Thread.sleep(LOOK_AGAIN);
    }
    return (System.nanoTime() - started) / 1e9;
  }

  private boolean isReady() {
    try {
      HttpURLConnection get =
          (HttpURLConnection)
              URI.create("http://127.0.0.1:" + metrics + "/readyz").toURL().openConnection();
      get.setReadTimeout((int) PATIENCE.toMillis());
      return get.getResponseCode() == 200;
    } catch (IOException e) {
      return false;
    }
  }

  int http() {
    return http;
  }

  int control() {
    return control;
  }

  int transfer() {
    return transfer;
  }

  @Override
  public void close() {
    process.destroyForcibly().onExit().join();
  }

  private static int[] freePorts(int count) throws IOException {
    List<ServerSocket> sockets = new ArrayList<>();
    try {
      for (int i = 0; i < count; i++) {
        sockets.add(new ServerSocket(0, 1, InetAddress.getLoopbackAddress()));
      }
      return sockets.stream().mapToInt(ServerSocket::getLocalPort).toArray();
    } finally {
      for (ServerSocket socket : sockets) {
        socket.close();
      }
    }
  }
}
