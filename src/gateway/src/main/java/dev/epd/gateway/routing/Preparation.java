package dev.epd.gateway.routing;

import dev.epd.contract.v1.Sampling;
import dev.epd.gateway.http.OpenAiServer;
import dev.epd.gateway.media.ImageScanner;
import dev.epd.gateway.media.ScannedImage;
import dev.epd.gateway.openai.ApiException;
import dev.epd.gateway.openai.ChatRequest;
import dev.epd.gateway.openai.ChatRequestParser;
import dev.epd.modelspec.ChatMessage;
import dev.epd.modelspec.ChatPrompt;
import dev.epd.modelspec.ContentPart;
import dev.epd.modelspec.InvalidInputException;
import dev.epd.modelspec.ModelSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.IntSupplier;

/**
 * From a body to a {@link PreparedRequest}: parsed, images measured, prompt tokenized, all limits
 * checked.
 */
final class Preparation {
  private static final long COPIES_BUDGET = Runtime.getRuntime().maxMemory() / 10;

  private final ModelSpec spec;
  private final String servedModel;
  private final int defaultMaxTokens;
  private final ChatRequestParser parser;
  private final ImageScanner scanner;
  private final IntSupplier contextTokens;

  /**
   * While a body is prepared two or three copies of it exist: bound how many bytes of bodies at
   * once.
   */
  private final Semaphore kilobytes;

  private final int maxKilobytes;

  /**
   * @param contextTokens what model and pods can hold now
   */
  Preparation(
      ModelSpec spec,
      String servedModel,
      int defaultMaxTokens,
      long maxBodyBytes,
      IntSupplier contextTokens) {
    this.spec = spec;
    this.servedModel = servedModel;
    this.defaultMaxTokens = defaultMaxTokens;
    this.parser = new ChatRequestParser(maxBodyBytes);
    this.scanner = new ImageScanner(spec);
    this.contextTokens = contextTokens;
    this.maxKilobytes =
        (int) Math.min(Integer.MAX_VALUE, Math.max(maxBodyBytes, COPIES_BUDGET) / 1024 + 1);
    this.kilobytes = new Semaphore(maxKilobytes, true);
  }

  PreparedRequest prepare(byte[] body, String tenant) throws ApiException, InterruptedException {
    int share = Math.min(maxKilobytes, body.length / 1024 + 1);
    kilobytes.acquire(share);
    try {
      ChatRequest request = parser.parse(body);
      if (!request.model().equals(servedModel)) {
        throw OpenAiServer.unknownModel(request.model());
      }
      return prepare(request, tenant);
    } finally {
      kilobytes.release(share);
    }
  }

  private PreparedRequest prepare(ChatRequest request, String tenant) throws ApiException {
    checkImageCount(request);
    var images = new ArrayList<ScannedImage>();
    var params = new ArrayList<String>();
    var messages = new ArrayList<ChatMessage>();
    for (ChatRequest.Message message : request.messages()) {
      var parts = new ArrayList<ContentPart>();
      for (ChatRequest.Part part : message.parts()) {
        switch (part) {
          case ChatRequest.Text(String text) -> parts.add(new ContentPart.Text(text));
          case ChatRequest.Image(String url, String param) -> {
            ScannedImage image = scanner.scan(url, param, tenant);
            images.add(image);
            params.add(param);
            parts.add(new ContentPart.Image(image.grid()));
          }
        }
      }
      messages.add(new ChatMessage(role(message.speaker()), parts));
    }
    ChatPrompt prompt = prompt(messages);
    int maxTokens = maxTokens(request, prompt.length());
    return new PreparedRequest(
        "chatcmpl-" + UUID.randomUUID().toString().replace("-", ""),
        tenant,
        prompt.ids(),
        images,
        prompt.images(),
        params,
        sampling(request, maxTokens),
        request.stop(),
        request.stream(),
        request.includeUsage());
  }

  private static ChatMessage.Role role(ChatRequest.Speaker speaker) {
    return switch (speaker) {
      case SYSTEM -> ChatMessage.Role.SYSTEM;
      case USER -> ChatMessage.Role.USER;
      case ASSISTANT -> ChatMessage.Role.ASSISTANT;
    };
  }

  /** Before any image is decoded from base64. */
  private void checkImageCount(ChatRequest request) throws ApiException {
    long count =
        request.messages().stream()
            .flatMap(m -> m.parts().stream())
            .filter(p -> p instanceof ChatRequest.Image)
            .count();
    if (count > spec.limits().maxImagesPerRequest()) {
      throw ApiException.badRequest(
          "messages",
          "too_many_images",
          "The request has %d images; at most %d are accepted."
              .formatted(count, spec.limits().maxImagesPerRequest()));
    }
  }

  private ChatPrompt prompt(List<ChatMessage> messages) throws ApiException {
    try {
      return spec.prompt(messages);
    } catch (InvalidInputException e) {
      boolean length = e.reason() == InvalidInputException.Reason.CONTEXT_LENGTH;
      throw ApiException.badRequest(
          "messages", length ? "context_length_exceeded" : "invalid_value", sentence(e));
    }
  }

  private static String sentence(InvalidInputException e) {
    String text = String.valueOf(e.getMessage());
    return Character.toUpperCase(text.charAt(0)) + text.substring(1) + ".";
  }

  private int maxTokens(ChatRequest request, int promptTokens) throws ApiException {
    int context = contextTokens.getAsInt();
    int room = context - promptTokens;
    int wanted = request.maxTokens().orElse(Math.min(defaultMaxTokens, room));
    if (room < 1 || wanted > room) {
      throw ApiException.badRequest(
          room < 1 ? "messages" : "max_tokens",
          "context_length_exceeded",
          "This model's context is %d tokens; the prompt has %d (images included) and the answer may have %d. Shorten the messages or lower max_tokens."
              .formatted(context, promptTokens, Math.max(1, wanted)));
    }
    return wanted;
  }

  private Sampling sampling(ChatRequest request, int maxTokens) {
    return Sampling.newBuilder()
        .setTemperature(request.temperature())
        .setTopP(request.topP())
        .setSeed(request.seed().orElseGet(() -> ThreadLocalRandom.current().nextLong()))
        .setMaxTokens(maxTokens)
        .addAllStopTokenIds(spec.config().tokens().eos())
        .build();
  }
}
