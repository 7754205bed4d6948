package dev.epd.modelspec;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Conversation to token ids. Immutable. */
record PromptBuilder(
    Path directory,
    ChatTemplate template,
    Tokenizer tokenizer,
    ModelConfig.Tokens tokens,
    Limits limits) {

  ChatPrompt build(List<ChatMessage> messages) {
    List<ImageGrid> grids = new ArrayList<>();
    List<String> texts = new ArrayList<>();
    for (ChatMessage message : messages) {
      for (ContentPart part : message.content()) {
        switch (part) {
          case ContentPart.Text(String text) -> texts.add(text);
          case ContentPart.Image(ImageGrid grid) -> grids.add(grid);
        }
      }
    }
    limits.checkImageCount(grids.size());
    UntrustedText untrusted = new UntrustedText(tokenizer.addedTokens().keySet(), texts);
    String marked =
        template.render(messages.stream().map(message -> message(message, untrusted)).toList());
    return tokenize(marked, untrusted, grids);
  }

  /**
   * A message as templates expect it. Text alone is a string, the one form that every template
   * knows; with images the content is a list of typed parts.
   */
  private static Map<String, Object> message(ChatMessage message, UntrustedText untrusted) {
    List<ContentPart> parts = message.content();
    Object content;
    if (parts.isEmpty()) {
      content = "";
    } else if (parts.size() == 1 && parts.getFirst() instanceof ContentPart.Text(String text)) {
      content = untrusted.mark(text);
    } else {
      content =
          parts.stream()
              .<Map<String, Object>>map(
                  part ->
                      switch (part) {
                        case ContentPart.Text(String text) ->
                            Map.of("type", "text", "text", untrusted.mark(text));
                        case ContentPart.Image _ -> Map.of("type", "image");
                      })
              .toList();
    }
    return Map.of("role", message.role().wireName(), "content", content);
  }

  private ChatPrompt tokenize(String marked, UntrustedText untrusted, List<ImageGrid> grids) {
    IdBuffer ids = new IdBuffer();
    List<ImageSpan> spans = new ArrayList<>();
    int[] placeholders = {0};
    tokenizer.split(
        marked,
        run -> ids.add(tokenizer.encodePlain(untrusted.restore(run))),
        id -> {
          if (id != tokens.image()) {
            ids.add(id);
          } else if (placeholders[0]++ < grids.size()) {
            ImageSpan span = new ImageSpan(spans.size(), ids.size(), grids.get(spans.size()));
            limits.checkPromptTokens(Math.addExact(ids.size(), span.tokens()));
            ids.addRun(id, span.tokens());
            spans.add(span);
          }
        });
    if (placeholders[0] != grids.size()) {
      throw new ModelSpecException(
          directory,
          "its chat template writes %d image placeholders for %d images"
              .formatted(placeholders[0], grids.size()));
    }
    limits.checkPromptTokens(ids.size());
    return new ChatPrompt(untrusted.restore(marked), ids.toArray(), spans);
  }
}
