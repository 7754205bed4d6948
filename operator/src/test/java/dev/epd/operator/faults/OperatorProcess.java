package dev.epd.operator.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.client.Config;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The packaged operator as a process of its own, with the flags and the cache of its image.
 *
 * <p>{@code -Dfaults.other=FOLDER} names another version's {@code quarkus-app}: every start is of
 * the other version than the one before, so that what ends a process is an upgrade or the way back.
 */
final class OperatorProcess implements AutoCloseable {
  private static final List<App> VERSIONS = versions();
  private static final String JAVA =
      Path.of(System.getProperty("java.home"), "bin", "java").toString();
  private static final List<String> FLAGS =
      List.of("-XX:+UseSerialGC", "-XX:+UseStringDeduplication", "-XX:TieredStopAtLevel=1");

  private final Path folder;
  private final Path kubeconfig;
  private final String namespace;
  private final String pod;
  private final Map<String, String> settings =
      new HashMap<>(Map.of("QUARKUS_LOG_CONSOLE_JSON_ENABLED", "false"));
  private @Nullable Process process;
  private int starts;
  private int port;
  private String heap = "128m";

  private record App(Path folder) {
    Path jar() {
      return folder.resolve("quarkus-run.jar");
    }

    Path cache() {
      return folder.resolve("epd-operator.aot");
    }
  }

  private OperatorProcess(Path folder, Path kubeconfig, String namespace, String pod) {
    this.folder = folder;
    this.kubeconfig = kubeconfig;
    this.namespace = namespace;
    this.pod = pod;
  }

  /**
   * Not started yet; it will reach the API through the proxy, with the account's token, and look
   * after one namespace, whose name is that of its lease too.
   */
  static OperatorProcess of(Path folder, Path account, int proxyPort, String namespace, String pod)
      throws IOException {
    for (App version : VERSIONS) {
      assertThat(version.jar()).as("the packaged operator").exists();
      trainOnce(version);
    }
    Config granted = Config.fromKubeconfig(account.toFile());
    Path kubeconfig =
        Files.writeString(
            folder.resolve("operator.kubeconfig"),
            """
            apiVersion: v1
            kind: Config
            current-context: proxy
            contexts: [{name: proxy, context: {cluster: proxy, user: operator}}]
            clusters: [{name: proxy, cluster: {server: "https://127.0.0.1:%d", certificate-authority: "%s"}}]
            users: [{name: operator, user: {token: "%s"}}]
            """
                .formatted(proxyPort, granted.getCaCertFile(), granted.getAutoOAuthToken()));
    OperatorProcess made = new OperatorProcess(folder, kubeconfig, namespace, pod);
    if (Boolean.getBoolean("faults.debug")) {
      made.talkative();
    }
    return made;
  }

  private static List<App> versions() {
    List<App> versions = new ArrayList<>();
    String other = System.getProperty("faults.other");
    if (other != null) {
      versions.add(new App(Path.of(other).toAbsolutePath()));
    }
    versions.add(new App(Path.of("target/quarkus-app").toAbsolutePath()));
    return List.copyOf(versions);
  }

  private static synchronized void trainOnce(App version) throws IOException {
    if (Files.exists(version.cache())
        && Files.getLastModifiedTime(version.cache())
                .compareTo(Files.getLastModifiedTime(version.jar()))
            > 0) {
      return;
    }
    List<String> command =
        new ArrayList<>(List.of("./train.sh", version.folder().toString(), JAVA));
    command.addAll(FLAGS);
    try {
      assertThat(new ProcessBuilder(command).inheritIO().start().waitFor()).isZero();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Its next start says all it has to say of itself, but for what its connections do. */
  synchronized void talkative() {
    settings.put("QUARKUS_LOG_LEVEL", "DEBUG");
    settings.put("QUARKUS_LOG_CATEGORY__IO_NETTY__LEVEL", "INFO");
    settings.put("QUARKUS_LOG_CATEGORY__IO_VERTX__LEVEL", "INFO");
  }

  /** The environment of its next start. */
  synchronized void set(String name, String value) {
    settings.put(name, value);
  }

  /** Starts it, under the same pod name every time, as a container that is restarted in its pod. */
  synchronized void start() {
    App version = VERSIONS.get(starts % VERSIONS.size());
    port = freePort();
    List<String> command = new ArrayList<>(List.of(JAVA));
    command.addAll(FLAGS);
    command.addAll(
        List.of(
            "-XX:AOTCache=" + version.cache(),
            "-Xmx" + heap,
            "-Dhttp2.disable=true",
            "-Dquarkus.log.category.\"dev.epd.operator.LeaseFence\".level=DEBUG",
            "-Dquarkus.http.host=127.0.0.1",
            "-Dquarkus.http.port=" + port,
            "-jar",
            version.jar().toString()));
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().put("KUBECONFIG", kubeconfig.toString());
    builder.environment().put("POD_NAME", pod);
    builder.environment().put("POD_NAMESPACE", "epd-system");
    builder.environment().put("EPD_LEASE", namespace);
    builder.environment().put("QUARKUS_OPERATOR_SDK_NAMESPACES", namespace);
    builder.environment().putAll(settings);
    builder.redirectOutput(folder.resolve("operator-" + starts++ + ".log").toFile());
    try {
      process = builder.start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Below the ports that the system gives to connections: one of those may take it meanwhile. */
  private static int freePort() {
    while (true) {
      int port = ThreadLocalRandom.current().nextInt(15_000, 32_000);
      try (ServerSocket free = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
        return free.getLocalPort();
      } catch (IOException e) {
        // Taken; another.
      }
    }
  }

  /** How large the heap of the next start is, such as 96m. */
  synchronized void heap(String size) {
    heap = size;
  }

  /** Sends a signal, such as STOP or CONT, if there is a process to send it to. */
  synchronized void signal(String signal) {
    if (process != null && process.isAlive()) {
      signal(process.toHandle(), signal);
    }
  }

  static void signal(ProcessHandle process, String signal) {
    try {
      new ProcessBuilder("kill", "-" + signal, Long.toString(process.pid())).start().waitFor();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** SIGKILL; returns when the process has ended. */
  synchronized void kill() {
    Process running = process;
    if (running != null) {
      running.destroyForcibly();
      try {
        if (!running.waitFor(30, TimeUnit.SECONDS)) {
          throw new IllegalStateException("SIGKILL did not end the operator");
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /** SIGTERM; returns when the process has ended by itself. */
  synchronized void terminate() throws InterruptedException {
    Process running = process;
    if (running != null) {
      running.destroy();
      assertThat(running.waitFor(60, TimeUnit.SECONDS)).as("ends by itself").isTrue();
    }
  }

  /** What its threads do. */
  synchronized String threads() {
    Process running = process;
    if (running == null || !running.isAlive()) {
      return "nothing, it has ended";
    }
    String jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd").toString();
    try {
      Process dump =
          new ProcessBuilder(jcmd, Long.toString(running.pid()), "Thread.print")
              .redirectErrorStream(true)
              .start();
      return new String(dump.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      return e.toString();
    }
  }

  synchronized boolean isAlive() {
    return process != null && process.isAlive();
  }

  /** Whether its liveness check passes, as a kubelet asks. */
  synchronized boolean isHealthy() {
    URI check = URI.create("http://127.0.0.1:" + port + "/q/health/live");
    try (HttpClient http = HttpClient.newHttpClient()) {
      HttpRequest request = HttpRequest.newBuilder(check).timeout(Duration.ofSeconds(5)).build();
      return http.send(request, BodyHandlers.discarding()).statusCode() == 200;
    } catch (IOException e) {
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /** What the process that runs now, or ran last, has said. */
  synchronized String log() {
    try {
      return Files.readString(folder.resolve("operator-" + (starts - 1) + ".log"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    kill();
  }
}
