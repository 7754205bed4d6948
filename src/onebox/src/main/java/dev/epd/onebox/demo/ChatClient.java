package dev.epd.onebox.demo;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;

/** Asks about one picture through the OpenAI API and hands on each piece of the streamed answer. */
final class ChatClient {

  private static final Duration TIMEOUT = Duration.ofMinutes(2);
  private static final ObjectMapper JSON = new ObjectMapper();

  private final HttpClient http =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .connectTimeout(Duration.ofSeconds(5))
          .build();
  private final URI endpoint;
  private final String model;

  ChatClient(String host, int port, String model) {
    this.endpoint = URI.create("http://%s:%d/v1/chat/completions".formatted(host, port));
    this.model = model;
  }

  /** The answer failed: the status and what the server said. */
  static final class ChatException extends IOException {
    private static final long serialVersionUID = 1L;

    ChatException(String message) {
      super(message);
    }
  }

  /**
   * @param piece called with every piece of text as it arrives
   * @return the whole answer
   * @throws ChatException when the server answers with an error, also in the middle of a stream
   */
  String ask(String question, byte[] png, Consumer<String> piece)
      throws IOException, InterruptedException {
    HttpRequest request =
        HttpRequest.newBuilder(endpoint)
            .header("Content-Type", "application/json")
            .timeout(TIMEOUT)
            .POST(HttpRequest.BodyPublishers.ofByteArray(body(question, png)))
            .build();
    HttpResponse<Stream<String>> response = http.send(request, HttpResponse.BodyHandlers.ofLines());
    try (Stream<String> lines = response.body()) {
      if (response.statusCode() != 200) {
        throw new ChatException(
            "HTTP " + response.statusCode() + " " + String.join("", lines.toList()));
      }
      StringBuilder answer = new StringBuilder();
      boolean done = false;
      for (String line : (Iterable<String>) lines::iterator) {
        if (line.equals("data: [DONE]")) {
          done = true;
        } else if (line.startsWith("data: ")) {
          String text = delta(JSON.readTree(line.substring("data: ".length())));
          answer.append(text);
          piece.accept(text);
        }
      }
      if (!done) {
        throw new ChatException("the stream ended without [DONE]");
      }
      return answer.toString();
    }
  }

  private byte[] body(String question, byte[] png) throws IOException {
    List<Map<String, Object>> content =
        List.of(
            Map.of("type", "image_url", "image_url", Map.of("url", ShapePicture.dataUrl(png))),
            Map.of("type", "text", "text", question));
    return JSON.writeValueAsBytes(
        Map.of(
            "model",
            model,
            "stream",
            true,
            "temperature",
            0,
            "messages",
            List.of(Map.of("role", "user", "content", content))));
  }

  private static String delta(JsonNode chunk) throws ChatException {
    if (chunk.has("error")) {
      throw new ChatException(chunk.path("error").path("message").asText());
    }
    return chunk.path("choices").path(0).path("delta").path("content").asText("");
  }
}
