package dev.epd.operator.autoscaling;

import com.sun.net.httpserver.HttpServer;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Ready pods, each with an address and a page of its own, on one port. */
final class MetricsPages implements AutoCloseable {
  private final List<HttpServer> servers = new ArrayList<>();
  private int port;

  /** Of every pod, once there is one. */
  int port() {
    return port;
  }

  Pod pod(String name, String address, String page) throws IOException {
    HttpServer server = HttpServer.create(new InetSocketAddress(address, port), 0);
    port = server.getAddress().getPort();
    server.createContext(
        "/metrics",
        exchange -> {
          byte[] body = page.getBytes(StandardCharsets.UTF_8);
          exchange.sendResponseHeaders(200, body.length);
          exchange.getResponseBody().write(body);
          exchange.close();
        });
    server.start();
    servers.add(server);
    return ready(name, address);
  }

  /** One that nobody can connect to. */
  static Pod ready(String name, String address) {
    return new PodBuilder()
        .withNewMetadata()
        .withName(name)
        .endMetadata()
        .withNewStatus()
        .withPhase("Running")
        .withPodIP(address)
        .addNewCondition()
        .withType("Ready")
        .withStatus("True")
        .endCondition()
        .endStatus()
        .build();
  }

  @Override
  public void close() {
    servers.forEach(server -> server.stop(0));
  }
}
