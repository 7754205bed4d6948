package dev.epd.gateway.openai;

import static dev.epd.gateway.openai.ChatRequestParser.field;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;

/**
 * Fields of OpenAI's API that would change the answer and that this server does not honour. Each is
 * refused by name unless it has the value that means "do nothing"; silently ignoring one would give
 * a client a wrong answer that looks right.
 */
final class Unsupported {
  private Unsupported() {}

  static void check(JsonNode root) throws ApiException {
    for (String name : List.of("tools", "functions", "logit_bias")) {
      JsonNode value = field(root, name);
      if (value != null && !(value.isContainerNode() && value.isEmpty())) {
        throw parameter(name);
      }
    }
    for (String name : List.of("tool_choice", "function_call")) {
      JsonNode value = field(root, name);
      if (value != null && !"none".equals(value.textValue()) && !"auto".equals(value.textValue())) {
        throw parameter(name);
      }
    }
    for (String name : List.of("frequency_penalty", "presence_penalty", "top_logprobs")) {
      JsonNode value = field(root, name);
      if (value != null && !(value.isNumber() && value.doubleValue() == 0)) {
        throw parameter(name);
      }
    }
    for (String name : List.of("logprobs", "web_search_options", "audio", "prediction")) {
      JsonNode value = field(root, name);
      if (value != null && !(value.isBoolean() && !value.booleanValue())) {
        throw parameter(name);
      }
    }
    JsonNode n = field(root, "n");
    if (n != null && !(n.isIntegralNumber() && n.canConvertToInt() && n.intValue() == 1)) {
      throw value("n", "only one choice per request (n = 1) is offered");
    }
    JsonNode format = field(root, "response_format");
    if (format != null && !(format.isObject() && "text".equals(format.path("type").textValue()))) {
      throw value("response_format", "only {\"type\": \"text\"} is offered");
    }
    modalities(field(root, "modalities"));
  }

  private static void modalities(@org.jspecify.annotations.Nullable JsonNode modalities)
      throws ApiException {
    if (modalities == null) {
      return;
    }
    boolean textOnly =
        modalities.isArray()
            && modalities.size() == 1
            && "text".equals(modalities.get(0).textValue());
    if (!textOnly) {
      throw value("modalities", "answers are text only ([\"text\"])");
    }
  }

  private static ApiException parameter(String name) {
    return ApiException.badRequest(
        name,
        "unsupported_parameter",
        "Unsupported parameter: '%s' is not supported by this server; leave it out."
            .formatted(name));
  }

  private static ApiException value(String name, String why) {
    return ApiException.badRequest(
        name, "unsupported_value", "Unsupported value for '%s': %s.".formatted(name, why));
  }
}
