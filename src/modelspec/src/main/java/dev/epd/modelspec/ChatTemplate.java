package dev.epd.modelspec;

import com.fasterxml.jackson.databind.JsonNode;
import com.hubspot.jinjava.Jinjava;
import com.hubspot.jinjava.JinjavaConfig;
import com.hubspot.jinjava.interpret.Context;
import com.hubspot.jinjava.interpret.InterpretException;
import com.hubspot.jinjava.interpret.JinjavaInterpreter;
import com.hubspot.jinjava.interpret.TemplateError;
import com.hubspot.jinjava.lib.fn.ELFunctionDefinition;
import com.hubspot.jinjava.tree.Node;
import dev.epd.modelspec.InvalidInputException.Reason;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The chat template of a checkpoint, parsed once, rendered with the whitespace rules that
 * transformers uses (trim_blocks, lstrip_blocks). Thread-safe. Values are never read as template
 * source.
 */
public final class ChatTemplate {
  private static final JinjavaConfig CONFIG =
      JinjavaConfig.newBuilder()
          .withTrimBlocks(true)
          .withLstripBlocks(true)
          // On, as is the library's default, "{{ 7 * 7 }}" in a user's text would be run.
          .withNestedInterpretationEnabled(false)
          .build();

  private static final Pattern STRING_LITERAL =
      Pattern.compile("'(?:[^'\\\\]|\\\\.)*+'|\"(?:[^\"\\\\]|\\\\.)*+\"", Pattern.DOTALL);
  private static final Pattern FILTER = Pattern.compile("\\|\\s*([A-Za-z_]\\w*)");
  private static final Pattern TEST = Pattern.compile("\\bis\\s+(?:not\\s+)?([A-Za-z_]\\w*)");

  private final Path path;
  private final Jinjava jinjava;
  private final Node root;

  private ChatTemplate(Path path, String source) {
    this.path = path;
    this.jinjava = new Jinjava(CONFIG);
    jinjava.registerFunction(
        new ELFunctionDefinition(
            "", "raise_exception", ChatTemplate.class, "raiseException", String.class));
    JinjavaInterpreter interpreter = jinjava.newInterpreter();
    this.root = interpreter.parse(source);
    check(interpreter.getErrorsCopy());
    checkNames(root);
  }

  /**
   * The renderer passes over filters and tests it does not know without a word; a prompt must not
   * be wrong silently.
   */
  private void checkNames(Node node) {
    String source = node.getMaster() == null ? "" : node.getMaster().getImage();
    if (source.startsWith("{{") || source.startsWith("{%")) {
      String code = STRING_LITERAL.matcher(source).replaceAll("''");
      for (Matcher m = FILTER.matcher(code); m.find(); ) {
        if (jinjava.getGlobalContext().getFilter(m.group(1)) == null) {
          throw new ModelSpecException(
              path,
              "its chat template uses the filter '%s', which is not supported"
                  .formatted(m.group(1)));
        }
      }
      for (Matcher m = TEST.matcher(code); m.find(); ) {
        if (jinjava.getGlobalContext().getExpTest(m.group(1)) == null) {
          throw new ModelSpecException(
              path,
              "its chat template uses the test '%s', which is not supported".formatted(m.group(1)));
        }
      }
    }
    node.getChildren().forEach(this::checkNames);
  }

  /**
   * Loads the template from chat_template.jinja, chat_template.json or tokenizer_config.json, the
   * first that has one.
   *
   * @throws ModelSpecException if there is none, or it cannot be parsed
   */
  public static ChatTemplate load(Path directory) {
    Path plain = directory.resolve("chat_template.jinja");
    if (Files.isRegularFile(plain)) {
      try {
        return new ChatTemplate(plain, Files.readString(plain));
      } catch (IOException e) {
        throw new ModelSpecException(plain, "cannot be read: " + e.getMessage(), e);
      }
    }
    for (String name : List.of("chat_template.json", "tokenizer_config.json")) {
      Path path = directory.resolve(name);
      if (Files.isRegularFile(path)) {
        String source = source(JsonFile.read(path).node().path("chat_template"));
        if (source != null) {
          return new ChatTemplate(path, source);
        }
      }
    }
    throw new ModelSpecException(
        directory,
        "has no chat template in chat_template.jinja, chat_template.json or tokenizer_config.json");
  }

  /** A template, or a list of named ones of which "default" counts. */
  private static @Nullable String source(JsonNode template) {
    if (template.isTextual()) {
      return template.asText();
    }
    for (JsonNode named : template) {
      if (named.path("name").asText().equals("default")) {
        return named.path("template").asText();
      }
    }
    return null;
  }

  /**
   * Renders a conversation, with the opening of the assistant's answer at the end.
   *
   * @param messages as the template sees them: role and content
   * @throws InvalidInputException if the template refuses the conversation by raise_exception
   * @throws ModelSpecException if the template fails for another reason
   */
  String render(List<Map<String, Object>> messages) {
    // A copy each time: child contexts write to a set they share with their parent.
    Context context = new Context(jinjava.getGlobalContextCopy());
    context.put("messages", messages);
    context.put("add_generation_prompt", true);
    JinjavaInterpreter interpreter = new JinjavaInterpreter(jinjava, context, CONFIG);
    JinjavaInterpreter.pushCurrent(interpreter);
    try {
      String text = interpreter.render(root);
      check(interpreter.getErrorsCopy());
      return text;
    } catch (InterpretException e) {
      throw new ModelSpecException(path, "its chat template fails: " + e.getMessage(), e);
    } finally {
      JinjavaInterpreter.popCurrent();
    }
  }

  /** Template function: refuses the conversation. */
  public static String raiseException(String message) {
    throw new InvalidInputException(
        Reason.MESSAGES, "the model's chat template refuses these messages: " + message);
  }

  private void check(List<TemplateError> errors) {
    for (TemplateError error : errors) {
      for (Throwable t = error.getException(); t != null; t = t.getCause()) {
        if (t instanceof InvalidInputException refused) {
          throw refused;
        }
      }
      throw new ModelSpecException(
          path,
          "its chat template fails at line %d: %s"
              .formatted(error.getLineno(), error.getMessage()));
    }
  }
}
