package dev.epd.gateway.openai;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import org.jspecify.annotations.Nullable;

/**
 * OpenAI's answer objects for one completion, as UTF-8 JSON.
 *
 * @param id {@code chatcmpl-...}
 * @param created seconds since 1970
 * @param model the name the client asked for
 * @param usageWanted chunks carry {@code usage}, null in all but the last
 */
public record ChatAnswers(String id, long created, String model, boolean usageWanted) {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  /** Tokens of prompt (images included) and answer. */
  public record Usage(int promptTokens, int completionTokens) {}

  /** The first chunk: who speaks. */
  public byte[] roleChunk() {
    ObjectNode delta = object().put("role", "assistant").put("content", "");
    return chunk(delta, null);
  }

  /** A piece of the answer. */
  public byte[] contentChunk(String text) {
    return chunk(object().put("content", text), null);
  }

  /** The last chunk with a choice. */
  public byte[] finishChunk(String finishReason) {
    return chunk(object(), finishReason);
  }

  /** The chunk after it when usage was asked for. */
  public byte[] usageChunk(Usage usage) {
    ObjectNode root = head("chat.completion.chunk");
    root.putArray("choices");
    root.set("usage", usage(usage));
    return bytes(root);
  }

  private byte[] chunk(ObjectNode delta, @Nullable String finishReason) {
    ObjectNode root = head("chat.completion.chunk");
    ObjectNode choice = root.putArray("choices").addObject();
    choice.put("index", 0);
    choice.set("delta", delta);
    choice.putNull("logprobs");
    choice.put("finish_reason", finishReason);
    if (usageWanted) {
      root.putNull("usage");
    }
    return bytes(root);
  }

  /** The whole answer at once. */
  public byte[] completion(String text, String finishReason, Usage usage) {
    ObjectNode root = head("chat.completion");
    ObjectNode choice = root.putArray("choices").addObject();
    choice.put("index", 0);
    choice.putObject("message").put("role", "assistant").put("content", text).putNull("refusal");
    choice.putNull("logprobs");
    choice.put("finish_reason", finishReason);
    root.set("usage", usage(usage));
    return bytes(root);
  }

  private ObjectNode head(String object) {
    return object().put("id", id).put("object", object).put("created", created).put("model", model);
  }

  private static ObjectNode usage(Usage usage) {
    return object()
        .put("prompt_tokens", usage.promptTokens())
        .put("completion_tokens", usage.completionTokens())
        .put("total_tokens", usage.promptTokens() + usage.completionTokens());
  }

  /** {@code {"error":{message,type,param,code}}}. */
  public static byte[] error(ApiException failure) {
    ObjectNode root = object();
    root.putObject("error")
        .put("message", failure.text())
        .put("type", failure.type())
        .put("param", failure.param())
        .put("code", failure.code());
    return bytes(root);
  }

  /** The model object of {@code /v1/models/{id}}. */
  public static ObjectNode model(String name, long created) {
    return object()
        .put("id", name)
        .put("object", "model")
        .put("created", created)
        .put("owned_by", "epd");
  }

  /** The list of {@code /v1/models}. */
  public static byte[] models(String name, long created) {
    ObjectNode root = object().put("object", "list");
    root.putArray("data").add(model(name, created));
    return bytes(root);
  }

  /** UTF-8 JSON. */
  public static byte[] bytes(JsonNode node) {
    try {
      return MAPPER.writeValueAsBytes(node);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a JSON tree can always be written", e);
    }
  }

  private static ObjectNode object() {
    return JsonNodeFactory.instance.objectNode();
  }
}
