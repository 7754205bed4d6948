package dev.epd.modelspec;

import java.util.List;

/** One turn of a conversation. */
public record ChatMessage(Role role, List<ContentPart> content) {
  public ChatMessage {
    content = List.copyOf(content);
  }

  /** Who speaks. */
  public enum Role {
    SYSTEM("system"),
    USER("user"),
    ASSISTANT("assistant");

    private final String wireName;

    Role(String wireName) {
      this.wireName = wireName;
    }

    /** The name in chat templates and in the OpenAI API. */
    public String wireName() {
      return wireName;
    }
  }

  /** A message of text alone. */
  public static ChatMessage text(Role role, String text) {
    return new ChatMessage(role, List.of(new ContentPart.Text(text)));
  }
}
