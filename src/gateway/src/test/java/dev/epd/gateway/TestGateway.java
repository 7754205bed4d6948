package dev.epd.gateway;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.epd.contract.Role;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.UnaryOperator;
import java.util.stream.DoubleStream;

/** A gateway before a fake cluster, and a client of it. */
public final class TestGateway implements AutoCloseable {
  static final Set<Role> SPLIT = Set.of(Role.ENCODER, Role.PREFILL, Role.DECODE);
  static final ObjectMapper JSON = new ObjectMapper();

  final FakeCluster cluster = new FakeCluster();
  final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  final Gateway gateway;
  final HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  TestGateway(Set<Role> topology, UnaryOperator<GatewayConfig> change) {
    var config =
        GatewayConfig.defaults("shapes", topology)
            .withBind("127.0.0.1", 0)
            .withTimeouts(Duration.ofSeconds(60), Duration.ofSeconds(120), Duration.ofMillis(500));
    try {
      gateway = Gateway.start(change.apply(config), registry, cluster, TestModel.SPEC, cluster.key);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** One pod of each role. */
  static TestGateway of(Set<Role> topology) {
    var test = new TestGateway(topology, c -> c);
    topology.forEach(role -> test.cluster.add(role, role.wireName() + "-0"));
    return test;
  }

  URI uri(String path) {
    return URI.create("http://127.0.0.1:" + gateway.port() + path);
  }

  HttpResponse<String> get(String path) {
    return send(HttpRequest.newBuilder(uri(path)).build());
  }

  HttpResponse<String> send(HttpRequest request) {
    try {
      return client.send(request, BodyHandlers.ofString());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  HttpRequest.Builder request(String body) {
    return HttpRequest.newBuilder(uri("/v1/chat/completions"))
        .header("Content-Type", "application/json")
        .timeout(Duration.ofSeconds(90))
        .POST(HttpRequest.BodyPublishers.ofString(body));
  }

  HttpResponse<String> chat(JsonNode body) {
    return send(request(body.toString()).build());
  }

  CompletableFuture<HttpResponse<String>> chatAsync(JsonNode body) {
    return client.sendAsync(request(body.toString()).build(), BodyHandlers.ofString());
  }

  static ObjectNode text(String words) {
    ObjectNode root = JSON.createObjectNode().put("model", "shapes");
    root.putArray("messages").addObject().put("role", "user").put("content", words);
    return root;
  }

  static ObjectNode picture(byte[]... files) {
    ObjectNode root = JSON.createObjectNode().put("model", "shapes");
    var content = root.putArray("messages").addObject().put("role", "user").putArray("content");
    for (byte[] file : files) {
      content
          .addObject()
          .put("type", "image_url")
          .putObject("image_url")
          .put("url", Pictures.dataUrl(file));
    }
    content.addObject().put("type", "text").put("text", "what is it?");
    return root;
  }

  static JsonNode json(HttpResponse<String> response) {
    try {
      return JSON.readTree(response.body());
    } catch (IOException e) {
      throw new IllegalStateException(response.body(), e);
    }
  }

  static String content(HttpResponse<String> response) {
    return json(response).path("choices").path(0).path("message").path("content").asText();
  }

  /** The data of every event, comments left out. */
  static List<String> events(String stream) {
    return stream
        .lines()
        .filter(line -> line.startsWith("data: "))
        .map(line -> line.substring(6))
        .toList();
  }

  double count(String meter, String... tags) {
    return DoubleStream.concat(
            registry.find(meter).tags(tags).counters().stream().mapToDouble(c -> c.count()),
            registry.find(meter).tags(tags).functionCounters().stream().mapToDouble(c -> c.count()))
        .sum();
  }

  double gauge(String meter, String... tags) {
    return registry.get(meter).tags(tags).gauges().stream().mapToDouble(g -> g.value()).sum();
  }

  @Override
  public void close() {
    client.shutdownNow();
    gateway.close();
    cluster.stop();
  }
}
