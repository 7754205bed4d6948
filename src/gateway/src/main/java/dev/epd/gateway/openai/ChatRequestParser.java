package dev.epd.gateway.openai;

import static dev.epd.gateway.openai.ApiException.badRequest;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.epd.gateway.openai.ChatRequest.Image;
import dev.epd.gateway.openai.ChatRequest.Message;
import dev.epd.gateway.openai.ChatRequest.Part;
import dev.epd.gateway.openai.ChatRequest.Speaker;
import dev.epd.gateway.openai.ChatRequest.Text;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * Reads the body of {@code POST /v1/chat/completions}. Unknown fields are ignored as OpenAI's
 * servers do; known ones that this server cannot honour are refused by name ({@link Unsupported}).
 */
public final class ChatRequestParser {
  private static final int MAX_MESSAGES = 4096;
  private static final int MAX_PARTS = 4096;
  private static final int MAX_STOP_LENGTH = 1024;

  private final ObjectMapper mapper;

  /** No string in a body can be longer than the body. */
  public ChatRequestParser(long maxBodyBytes) {
    this.mapper =
        JsonMapper.builder(
                JsonFactory.builder()
                    .streamReadConstraints(
                        StreamReadConstraints.builder()
                            .maxNestingDepth(64)
                            .maxNumberLength(100)
                            .maxNameLength(1024)
                            .maxStringLength((int) Math.min(Integer.MAX_VALUE, maxBodyBytes + 1))
                            .build())
                    .build())
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();
  }

  /**
   * @throws ApiException 400 that names the field, what it was and what it may be
   */
  public ChatRequest parse(byte[] body) throws ApiException {
    JsonNode root = tree(body);
    if (!root.isObject()) {
      throw badRequest(null, null, "The body must be a JSON object.");
    }
    Unsupported.check(root);
    boolean stream = bool(root, "stream");
    return new ChatRequest(
        model(root),
        messages(root),
        maxTokens(root),
        number(root, "temperature", 1, 0, 2),
        topP(root),
        seed(root),
        stop(root),
        stream,
        includeUsage(root, stream));
  }

  private JsonNode tree(byte[] body) throws ApiException {
    // Jackson lets some malformed sequences pass; a tokenizer must never see them.
    if (!isUtf8(body)) {
      throw badRequest(null, null, "The body is not valid UTF-8.");
    }
    try {
      return mapper.readTree(body);
    } catch (JsonProcessingException e) {
      var at = e.getLocation();
      String where =
          at == null ? "" : " (line %d, column %d)".formatted(at.getLineNr(), at.getColumnNr());
      throw badRequest(null, null, "The body is not valid JSON" + where + ".");
    } catch (IOException e) {
      throw badRequest(null, null, "The body cannot be read as JSON.");
    }
  }

  private static boolean isUtf8(byte[] body) {
    var decoder = StandardCharsets.UTF_8.newDecoder();
    var in = ByteBuffer.wrap(body);
    var out = CharBuffer.allocate(8192);
    while (true) {
      CoderResult result = decoder.decode(in, out, true);
      if (result.isError()) {
        return false;
      }
      if (result.isUnderflow()) {
        return true;
      }
      out.clear();
    }
  }

  private static String model(JsonNode root) throws ApiException {
    JsonNode model = field(root, "model");
    if (model == null) {
      throw badRequest("model", "missing_required_parameter", "You must provide a model.");
    }
    return text(model, "model");
  }

  private static List<Message> messages(JsonNode root) throws ApiException {
    JsonNode list = field(root, "messages");
    if (list == null) {
      throw badRequest("messages", "missing_required_parameter", "You must provide messages.");
    }
    if (!list.isArray() || list.isEmpty()) {
      throw wrong("messages", "a non-empty array");
    }
    if (list.size() > MAX_MESSAGES) {
      throw badRequest("messages", null, "At most %d messages.".formatted(MAX_MESSAGES));
    }
    var messages = new ArrayList<Message>();
    for (int i = 0; i < list.size(); i++) {
      messages.add(message(list.get(i), "messages[%d]".formatted(i)));
    }
    return messages;
  }

  private static Message message(JsonNode node, String param) throws ApiException {
    if (!node.isObject()) {
      throw wrong(param, "an object with role and content");
    }
    JsonNode role = field(node, "role");
    Speaker speaker = speaker(role == null ? "" : text(role, param + ".role"), param + ".role");
    if (field(node, "tool_calls") != null || field(node, "function_call") != null) {
      throw badRequest(
          param + ".tool_calls", "unsupported_parameter", "Tool calls are not supported here.");
    }
    JsonNode content = field(node, "content");
    String at = param + ".content";
    if (content == null) {
      throw badRequest(at, "missing_required_parameter", "Every message needs content.");
    }
    if (content.isTextual()) {
      return new Message(speaker, List.of(new Text(text(content, at))));
    }
    if (!content.isArray() || content.isEmpty() || content.size() > MAX_PARTS) {
      throw wrong(at, "a string or an array of 1 to %d parts".formatted(MAX_PARTS));
    }
    var parts = new ArrayList<Part>();
    for (int i = 0; i < content.size(); i++) {
      parts.add(part(content.get(i), "%s[%d]".formatted(at, i), speaker));
    }
    return new Message(speaker, parts);
  }

  private static Speaker speaker(String role, String param) throws ApiException {
    return switch (role) {
      case "system", "developer" -> Speaker.SYSTEM;
      case "user" -> Speaker.USER;
      case "assistant" -> Speaker.ASSISTANT;
      case "tool", "function" ->
          throw badRequest(
              param,
              "unsupported_value",
              "Messages of role '" + role + "' are not supported here.");
      default -> throw wrong(param, "one of system, developer, user, assistant");
    };
  }

  private static Part part(JsonNode node, String param, Speaker speaker) throws ApiException {
    JsonNode type = node.isObject() ? field(node, "type") : null;
    if (type == null) {
      throw wrong(param, "an object with a type");
    }
    String name = text(type, param + ".type");
    switch (name) {
      case "text" -> {
        JsonNode text = field(node, "text");
        if (text == null) {
          throw wrong(param + ".text", "a string");
        }
        return new Text(text(text, param + ".text"));
      }
      case "image_url" -> {
        if (speaker != Speaker.USER) {
          throw badRequest(param, "unsupported_value", "Images may stand in user messages only.");
        }
        return image(node, param);
      }
      case "input_audio", "file", "video_url", "refusal" ->
          throw badRequest(
              param + ".type",
              "unsupported_value",
              "Content of type '" + name + "' is not supported here; use text or image_url.");
      default -> throw wrong(param + ".type", "text or image_url");
    }
  }

  private static Image image(JsonNode node, String param) throws ApiException {
    JsonNode holder = field(node, "image_url");
    JsonNode url = holder != null && holder.isObject() ? field(holder, "url") : null;
    if (holder == null || url == null) {
      throw wrong(param + ".image_url", "an object with a url");
    }
    JsonNode detail = field(holder, "detail");
    if (detail != null
        && !List.of("auto", "low", "high").contains(text(detail, param + ".image_url.detail"))) {
      throw wrong(param + ".image_url.detail", "auto, low or high");
    }
    String at = param + ".image_url.url";
    if (!url.isTextual()) {
      throw wrong(at, "a string");
    }
    return new Image(url.textValue(), at);
  }

  private static OptionalInt maxTokens(JsonNode root) throws ApiException {
    // max_tokens is the older name; where both are given the newer one counts.
    OptionalInt newer = positive(root, "max_completion_tokens");
    OptionalInt older = positive(root, "max_tokens");
    return newer.isPresent() ? newer : older;
  }

  private static OptionalInt positive(JsonNode root, String name) throws ApiException {
    JsonNode value = field(root, name);
    if (value == null) {
      return OptionalInt.empty();
    }
    if (!value.isIntegralNumber() || !value.canConvertToLong() || value.longValue() < 1) {
      throw wrong(name, "an integer of at least 1");
    }
    return OptionalInt.of((int) Math.min(Integer.MAX_VALUE, value.longValue()));
  }

  private static float topP(JsonNode root) throws ApiException {
    float value = number(root, "top_p", 1, 0, 1);
    if (value == 0) {
      throw wrong("top_p", "a number above 0 and at most 1");
    }
    return value;
  }

  private static float number(JsonNode root, String name, float absent, double min, double max)
      throws ApiException {
    JsonNode value = field(root, name);
    if (value == null) {
      return absent;
    }
    double number = value.isNumber() ? value.doubleValue() : Double.NaN;
    if (!(number >= min && number <= max)) {
      throw wrong(name, "a number from %s to %s".formatted(plain(min), plain(max)));
    }
    return (float) number;
  }

  private static String plain(double bound) {
    return bound == Math.rint(bound) ? String.valueOf((long) bound) : String.valueOf(bound);
  }

  private static OptionalLong seed(JsonNode root) throws ApiException {
    JsonNode value = field(root, "seed");
    if (value == null) {
      return OptionalLong.empty();
    }
    if (!value.isIntegralNumber() || !value.canConvertToLong()) {
      throw wrong("seed", "a 64-bit integer");
    }
    return OptionalLong.of(value.longValue());
  }

  private static List<String> stop(JsonNode root) throws ApiException {
    JsonNode value = field(root, "stop");
    if (value == null) {
      return List.of();
    }
    var texts = new ArrayList<String>();
    if (value.isTextual()) {
      texts.add(text(value, "stop"));
    } else if (value.isArray() && value.size() <= 4) {
      for (JsonNode item : value) {
        texts.add(text(item, "stop"));
      }
    } else {
      throw wrong("stop", "a string or an array of at most 4 strings");
    }
    for (String text : texts) {
      if (text.isEmpty() || text.length() > MAX_STOP_LENGTH) {
        throw wrong("stop", "strings of 1 to %d characters".formatted(MAX_STOP_LENGTH));
      }
    }
    return texts;
  }

  private static boolean includeUsage(JsonNode root, boolean stream) throws ApiException {
    JsonNode options = field(root, "stream_options");
    if (options == null) {
      return false;
    }
    if (!options.isObject()) {
      throw wrong("stream_options", "an object");
    }
    if (!stream) {
      throw badRequest("stream_options", null, "stream_options needs \"stream\": true.");
    }
    return bool(options, "include_usage");
  }

  private static boolean bool(JsonNode node, String name) throws ApiException {
    JsonNode value = field(node, name);
    if (value != null && !value.isBoolean()) {
      throw wrong(name, "true or false");
    }
    return value != null && value.booleanValue();
  }

  /** The field, or null when it is absent or null: OpenAI's clients send both. */
  static @Nullable JsonNode field(JsonNode node, String name) {
    JsonNode value = node.get(name);
    return value == null || value.isNull() ? null : value;
  }

  private static String text(JsonNode value, String param) throws ApiException {
    if (!value.isTextual()) {
      throw wrong(param, "a string");
    }
    String text = value.textValue();
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (Character.isHighSurrogate(c)
          && i + 1 < text.length()
          && Character.isLowSurrogate(text.charAt(i + 1))) {
        i++;
      } else if (Character.isSurrogate(c)) {
        throw badRequest(param, null, "'%s' holds half a surrogate pair.".formatted(param));
      }
    }
    return text;
  }

  static ApiException wrong(String param, String expected) {
    return badRequest(
        param,
        "invalid_value",
        "Invalid value for '%s': it must be %s.".formatted(param, expected));
  }
}
