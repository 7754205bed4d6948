package dev.epd.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.epd.onebox.demo.ShapePicture;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** An OpenAI client that keeps the time of everything it hears. */
final class Chat {
  static final String MODEL = "epd-shapes";
  private static final String QUESTION = "What is in the picture?";
  private static final Duration TIMEOUT = Duration.ofMinutes(2);
  private static final ObjectMapper JSON = new ObjectMapper();

  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final URI endpoint;

  Chat(String host, int port) {
    endpoint = URI.create("http://%s:%d/v1/chat/completions".formatted(host, port));
  }

  /**
   * @param text the whole answer
   * @param seconds from before the request is written to the end of the answer
   * @param words when each piece of text was heard, in seconds from the same moment; empty unless
   *     streamed
   */
  record Answer(String text, double seconds, List<Double> words) {
    double first() {
      return words.getFirst();
    }

    /** The gaps between the pieces. */
    List<Double> gaps() {
      List<Double> gaps = new ArrayList<>();
      for (int i = 1; i < words.size(); i++) {
        gaps.add(words.get(i) - words.get(i - 1));
      }
      return gaps;
    }
  }

  Answer streamed(byte[] png) throws IOException, InterruptedException {
    HttpRequest request = request(png, true);
    long start = System.nanoTime();
    HttpResponse<Stream<String>> response = http.send(request, HttpResponse.BodyHandlers.ofLines());
    try (Stream<String> lines = response.body()) {
      StringBuilder text = new StringBuilder();
      List<Double> words = new ArrayList<>();
      for (String line : (Iterable<String>) lines::iterator) {
        if (line.equals("data: [DONE]")) {
          return new Answer(text.toString(), since(start), words);
        }
        String piece = line.startsWith("data: ") ? piece(line.substring(6)) : "";
        if (!piece.isEmpty()) {
          words.add(since(start));
          text.append(piece);
        }
      }
      throw new IOException(
          "HTTP " + response.statusCode() + ", a stream without an end after: " + text);
    }
  }

  Answer whole(byte[] png) throws IOException, InterruptedException {
    HttpRequest request = request(png, false);
    long start = System.nanoTime();
    HttpResponse<String> response = http.send(request, HttpResponse.BodyHandlers.ofString());
    double seconds = since(start);
    if (response.statusCode() != 200) {
      throw new IOException("HTTP " + response.statusCode() + " " + response.body());
    }
    JsonNode choice = JSON.readTree(response.body()).path("choices").path(0);
    return new Answer(choice.path("message").path("content").asText(), seconds, List.of());
  }

  private static double since(long start) {
    return (System.nanoTime() - start) / 1e9;
  }

  private static String piece(String chunk) throws IOException {
    JsonNode json = JSON.readTree(chunk);
    if (json.has("error")) {
      throw new IOException(json.path("error").path("message").asText());
    }
    return json.path("choices").path(0).path("delta").path("content").asText("");
  }

  private HttpRequest request(byte[] png, boolean stream) throws IOException {
    Object content =
        List.of(
            Map.of("type", "image_url", "image_url", Map.of("url", ShapePicture.dataUrl(png))),
            Map.of("type", "text", "text", QUESTION));
    Map<String, Object> body =
        Map.of(
            "model",
            MODEL,
            "stream",
            stream,
            "temperature",
            0,
            "messages",
            List.of(Map.of("role", "user", "content", content)));
    return HttpRequest.newBuilder(endpoint)
        .header("Content-Type", "application/json")
        .timeout(TIMEOUT)
        .POST(HttpRequest.BodyPublishers.ofByteArray(JSON.writeValueAsBytes(body)))
        .build();
  }
}
