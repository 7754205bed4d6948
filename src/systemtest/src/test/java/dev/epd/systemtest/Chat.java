package dev.epd.systemtest;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.epd.onebox.demo.ShapePicture;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/** An OpenAI client without retries that shows exactly what came back. */
final class Chat {
  static final String WHAT = "What is in the picture?";
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Duration TIMEOUT = Duration.ofMinutes(3);

  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  final String base;
  final String host;
  private final String apiKey;

  Chat(String host) {
    this(host, "unused");
  }

  private Chat(String host, String apiKey) {
    this.host = host;
    this.apiKey = apiKey;
    this.base = "http://" + host + ":8000/v1";
  }

  /** The same gateway, asked with another API key. */
  Chat as(String key) {
    return new Chat(host, key);
  }

  /** What came back. */
  record Reply(int status, String body, HttpResponse<String> response) {
    JsonNode json() {
      try {
        return JSON.readTree(body);
      } catch (IOException e) {
        throw new UncheckedIOException(body, e);
      }
    }

    String text() {
      return json().path("choices").path(0).path("message").path("content").asText();
    }

    String error() {
      return json().path("error").path("message").asText();
    }

    /** The text of a stream that ended well, or "error: …" of one that says why it did not. */
    String streamed() {
      StringBuilder text = new StringBuilder();
      for (String line : body.lines().toList()) {
        if (line.equals("data: [DONE]")) {
          return text.toString();
        }
        if (line.startsWith("data: ")) {
          JsonNode chunk = new Reply(status, line.substring(6), response).json();
          if (chunk.has("error")) {
            return "error: " + chunk.path("error").path("message").asText();
          }
          text.append(chunk.path("choices").path(0).path("delta").path("content").asText(""));
        }
      }
      throw new AssertionError("the stream ended in silence: " + body);
    }
  }

  static Map<String, Object> text(String text) {
    return Map.of("type", "text", "text", text);
  }

  static Map<String, Object> image(byte[] file) {
    return imageUrl(ShapePicture.dataUrl(file));
  }

  static Map<String, Object> imageUrl(String url) {
    return Map.of("type", "image_url", "image_url", Map.of("url", url));
  }

  static Map<String, Object> message(String role, Object content) {
    return Map.of("role", role, "content", content);
  }

  /** A greedy request of one user message. */
  static Map<String, Object> request(Object... parts) {
    return conversation(List.of(message("user", List.of(parts))));
  }

  static Map<String, Object> conversation(List<Map<String, Object>> messages) {
    Map<String, Object> request = new LinkedHashMap<>();
    request.put("model", World.MODEL);
    request.put("temperature", 0);
    request.put("messages", new ArrayList<>(messages));
    return request;
  }

  static Map<String, Object> about(byte[] png) {
    return request(image(png), text(WHAT));
  }

  static Map<String, Object> with(Map<String, Object> request, String field, Object value) {
    Map<String, Object> changed = new LinkedHashMap<>(request);
    changed.put(field, value);
    return changed;
  }

  Reply ask(Map<String, Object> request) {
    return askAsync(request).join();
  }

  CompletableFuture<Reply> askAsync(Map<String, Object> request) {
    try {
      return post(JSON.writeValueAsString(request));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  CompletableFuture<Reply> post(String body) {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(base + "/chat/completions"))
            .header("Content-Type", "application/json")
            .header("Authorization", "Bearer " + apiKey)
            .timeout(TIMEOUT)
            .POST(HttpRequest.BodyPublishers.ofString(body))
            .build();
    return http.sendAsync(request, HttpResponse.BodyHandlers.ofString())
        .thenApply(r -> new Reply(r.statusCode(), r.body(), r));
  }

  /** The sum of a metric's values at a pod. */
  double metric(String podAddress, String name) {
    try {
      HttpRequest get =
          HttpRequest.newBuilder(URI.create("http://" + podAddress + ":9090/metrics")).build();
      return http.send(get, HttpResponse.BodyHandlers.ofString())
          .body()
          .lines()
          .filter(line -> line.startsWith(name + "{") || line.startsWith(name + " "))
          .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
          .sum();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }
}
