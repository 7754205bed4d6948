package dev.epd.gateway.openai;

import java.util.List;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * A chat completion request whose fields are all within their bounds; nothing has been checked
 * against a model yet.
 *
 * @param maxTokens absent: the rest of the context
 * @param temperature 0..2
 * @param topP above 0, at most 1
 * @param stop at most 4, none empty
 */
public record ChatRequest(
    String model,
    List<Message> messages,
    OptionalInt maxTokens,
    float temperature,
    float topP,
    OptionalLong seed,
    List<String> stop,
    boolean stream,
    boolean includeUsage) {

  public ChatRequest {
    messages = List.copyOf(messages);
    stop = List.copyOf(stop);
  }

  /** Who speaks. {@code developer} is read as {@code system}. */
  public enum Speaker {
    SYSTEM,
    USER,
    ASSISTANT
  }

  /** One turn. */
  public record Message(Speaker speaker, List<Part> parts) {
    public Message {
      parts = List.copyOf(parts);
    }
  }

  /** Text and pictures in the order in which they were sent. */
  public sealed interface Part {}

  /** Plain text, whatever it spells. */
  public record Text(String text) implements Part {}

  /**
   * A picture.
   *
   * @param url as sent
   * @param param names its place in the request
   */
  public record Image(String url, String param) implements Part {}
}
