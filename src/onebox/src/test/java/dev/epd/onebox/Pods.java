package dev.epd.onebox;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.stream.Collectors;

/**
 * The program in the tests' pods: serves what it sees and does as it is told.
 *
 * <p>GET /env, /args, /file?path, /ready (503 while the file in READY_FILE is missing); on SIGTERM
 * it waits for TERM_SECONDS, having written "term" to TERM_FILE.
 */
public final class Pods {
  private Pods() {}

  public static void main(String[] args) throws Exception {
    System.out.println("pod program starts");
    Map<String, String> env = System.getenv();
    HttpServer server = HttpServer.create(new InetSocketAddress(env.get("BIND_ADDRESS"), 8080), 0);
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    answer(
        server,
        "/env",
        q ->
            new TreeMap<>(env)
                .entrySet().stream()
                    .map(each -> each.getKey() + "=" + each.getValue())
                    .collect(Collectors.joining("\n")));
    answer(server, "/args", q -> String.join("\n", args));
    answer(server, "/file", q -> Files.readString(Path.of(q)));
    answer(
        server,
        "/ready",
        q -> Files.readString(Path.of(env.getOrDefault("READY_FILE", "/dev/null"))));
    Runtime.getRuntime()
        .addShutdownHook(
            new Thread(
                () -> {
                  try {
                    if (env.containsKey("TERM_FILE")) {
                      Files.writeString(Path.of(env.get("TERM_FILE")), "term");
                    }
                    Thread.sleep(1000 * Long.parseLong(env.getOrDefault("TERM_SECONDS", "0")));
                  } catch (IOException | InterruptedException e) {
                    Thread.currentThread().interrupt();
                  }
                }));
    server.start();
    System.out.println("pod program serves");
    new CountDownLatch(1).await();
  }

  private interface Answer {
    String to(String query) throws IOException;
  }

  private static void answer(HttpServer server, String path, Answer answer) {
    server.createContext(
        path,
        exchange -> {
          int status = 200;
          byte[] body;
          try {
            String query = exchange.getRequestURI().getQuery();
            body = answer.to(query == null ? "" : query).getBytes(StandardCharsets.UTF_8);
          } catch (IOException e) {
            status = 503;
            body = e.toString().getBytes(StandardCharsets.UTF_8);
          }
          exchange.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
          exchange.getResponseBody().write(body);
          exchange.close();
        });
  }
}
