package dev.epd.runtimeimage;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;

/** The program as a process of its own. */
final class PodProcess implements AutoCloseable {
  private static final Pattern READY =
      Pattern.compile(
          "control port (\\d+), transfer port (\\d+), health and metrics on port (\\d+)");
  private static final HttpClient HTTP = HttpClient.newHttpClient();

  private final Process process;
  private final Path log;
  private int control;
  private int transfer;
  private int metrics;

  private PodProcess(Process process, Path log) {
    this.process = process;
    this.log = log;
  }

  static PodProcess start(Path folder, String name, String... flags) throws IOException {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "@" + Path.of("src", "main", "jvm", "jvm.options").toAbsolutePath(),
                "-cp",
                System.getProperty("java.class.path"),
                Main.class.getName()));
    command.addAll(List.of(flags));
    Path log = folder.resolve(name + ".log");
    return new PodProcess(
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile()).start(),
        log);
  }

  PodProcess awaitReady() {
    Awaitility.await()
        .atMost(Duration.ofSeconds(120))
        .until(() -> READY.matcher(output()).find() || !process.isAlive());
    Matcher ports = READY.matcher(output());
    if (!ports.find()) {
      throw new AssertionError("the process did not start:\n" + output());
    }
    control = Integer.parseInt(ports.group(1));
    transfer = Integer.parseInt(ports.group(2));
    metrics = Integer.parseInt(ports.group(3));
    return this;
  }

  int control() {
    return control;
  }

  int transfer() {
    return transfer;
  }

  Process process() {
    return process;
  }

  String output() {
    try {
      return Files.readString(log);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  HttpResponse<String> get(String path) {
    try {
      return HTTP.send(
          HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + metrics + path)).build(),
          HttpResponse.BodyHandlers.ofString());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** The sum over all labels. */
  double metric(String name) {
    return get("/metrics")
        .body()
        .lines()
        .filter(line -> line.startsWith(name + " ") || line.startsWith(name + "{"))
        .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
        .reduce(Double::sum)
        .orElseThrow(() -> new AssertionError("no metric " + name));
  }

  int signal(String name) throws Exception {
    return new ProcessBuilder("kill", "-" + name, Long.toString(process.pid())).start().waitFor();
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }
}
