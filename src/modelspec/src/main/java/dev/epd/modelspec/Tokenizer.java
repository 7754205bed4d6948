package dev.epd.modelspec;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * The byte-level BPE tokenizer of a checkpoint (tokenizer.json). Works offline; thread-safe.
 *
 * <p>The native tokenizer is loaded without its added tokens, so that no text can become one by
 * being spelled; where special tokens are meant, {@link #encode} looks for them itself.
 */
public final class Tokenizer implements AutoCloseable {
  private static final Map<String, String> OPTIONS =
      Map.of("truncation", "false", "padding", "false", "addSpecialTokens", "false");

  private final HuggingFaceTokenizer plain;
  private final byte[][] bytesOf;
  private final Map<String, Integer> addedIds;
  private final Set<Integer> specialIds;
  private final Pattern addedPattern;

  private Tokenizer(
      HuggingFaceTokenizer plain,
      byte[][] bytesOf,
      Map<String, Integer> addedIds,
      Set<Integer> specialIds) {
    this.plain = plain;
    this.bytesOf = bytesOf;
    this.addedIds = Map.copyOf(addedIds);
    this.specialIds = Set.copyOf(specialIds);
    // Longest first: at one place the longest added token wins, as in the reference.
    this.addedPattern =
        Pattern.compile(
            addedIds.keySet().stream()
                .sorted(Comparator.comparingInt(String::length).reversed())
                .map(Pattern::quote)
                .collect(Collectors.joining("|")));
  }

  /**
   * Loads tokenizer.json of a checkpoint directory.
   *
   * @throws ModelSpecException if it is missing, damaged or not a byte-level BPE
   */
  public static Tokenizer load(Path directory) {
    JsonFile file = JsonFile.read(directory.resolve("tokenizer.json"));
    checkKind(file);
    Map<String, Integer> added = new HashMap<>();
    Set<Integer> special = new HashSet<>();
    for (JsonNode token : file.node().path("added_tokens")) {
      String content = token.path("content").asText();
      if (content.isEmpty() || !token.path("id").isInt()) {
        throw new ModelSpecException(
            file.path(), "added_tokens has an entry without content or id");
      }
      if (token.path("lstrip").asBoolean()
          || token.path("rstrip").asBoolean()
          || token.path("single_word").asBoolean()) {
        throw new ModelSpecException(
            file.path(),
            "added token %s uses lstrip, rstrip or single_word, which are not supported"
                .formatted(content));
      }
      added.put(content, token.path("id").asInt());
      if (token.path("special").asBoolean()) {
        special.add(token.path("id").asInt());
      }
    }
    if (added.isEmpty()) {
      throw new ModelSpecException(file.path(), "has no added_tokens; a chat model needs some");
    }
    return new Tokenizer(nativeTokenizer(file), ByteAlphabet.table(file, added), added, special);
  }

  private static void checkKind(JsonFile file) {
    String model = file.node().path("model").path("type").asText();
    String decoder = file.node().path("decoder").path("type").asText();
    if (!model.equals("BPE") || !decoder.equals("ByteLevel")) {
      throw new ModelSpecException(
          file.path(),
          "is of kind '%s' with decoder '%s'; supported is BPE with ByteLevel"
              .formatted(model, decoder));
    }
  }

  private static HuggingFaceTokenizer nativeTokenizer(JsonFile file) {
    // The library would otherwise ask a cloud metadata service who it is, and look for natives
    // on-line.
    for (String property : List.of("ai.djl.offline", "OPT_OUT_TRACKING")) {
      if (System.getProperty(property) == null) {
        System.setProperty(property, "true");
      }
    }
    ObjectNode json = file.node().deepCopy();
    json.remove("added_tokens");
    json.putNull("post_processor");
    try {
      byte[] bytes = new JsonMapper().writeValueAsBytes(json);
      return HuggingFaceTokenizer.newInstance(new ByteArrayInputStream(bytes), OPTIONS);
    } catch (IOException | RuntimeException e) {
      throw new ModelSpecException(file.path(), "cannot be loaded: " + e.getMessage(), e);
    }
  }

  /**
   * Token ids of text in which no special token is recognised, however it is spelled. A lone
   * surrogate counts as U+FFFD.
   */
  public int[] encodePlain(String text) {
    if (text.isEmpty()) {
      return new int[0];
    }
    return Arrays.stream(plain.encode(wellFormed(text), false, false).getIds())
        .mapToInt(Math::toIntExact)
        .toArray();
  }

  /**
   * Token ids of trusted text: added tokens spelled in it become themselves, as in the reference.
   */
  public int[] encode(String text) {
    IdBuffer out = new IdBuffer();
    split(text, run -> out.add(encodePlain(run)), out::add);
    return out.toArray();
  }

  /** What {@link #split} hands out. */
  interface RunConsumer {
    void run(String text);
  }

  /** What {@link #split} hands out. */
  interface TokenConsumer {
    void token(int id);
  }

  /** Cuts text at the added tokens spelled in it; hands out the pieces in order. */
  void split(String text, RunConsumer runs, TokenConsumer tokens) {
    Matcher matcher = addedPattern.matcher(text);
    int at = 0;
    while (matcher.find()) {
      if (matcher.start() > at) {
        runs.run(text.substring(at, matcher.start()));
      }
      Integer id = addedIds.get(matcher.group());
      if (id != null) {
        tokens.token(id);
      }
      at = matcher.end();
    }
    if (at < text.length()) {
      runs.run(text.substring(at));
    }
  }

  /** The text of these ids, special tokens left out; bytes that are not UTF-8 become U+FFFD. */
  public String decode(int[] ids) {
    TokenStream stream = stream();
    StringBuilder text = new StringBuilder();
    for (int id : ids) {
      text.append(stream.append(id));
    }
    return text.append(stream.flush()).toString();
  }

  /** A decoder for ids that arrive one by one. */
  public TokenStream stream() {
    return new TokenStream(this);
  }

  /**
   * The bytes an id stands for; none for special tokens and for ids that are only padding of the
   * matrices.
   */
  byte[] bytes(int id) {
    boolean shows = id >= 0 && id < bytesOf.length && !specialIds.contains(id);
    return shows ? bytesOf[id] : new byte[0];
  }

  /** Whether the id is a special token, which never shows in text. */
  public boolean isSpecial(int id) {
    return specialIds.contains(id);
  }

  /** The id of an added token, if there is one of that spelling. */
  public OptionalInt findAdded(String token) {
    Integer id = addedIds.get(token);
    return id == null ? OptionalInt.empty() : OptionalInt.of(id);
  }

  /**
   * The id of an added token.
   *
   * @throws IllegalArgumentException if there is none of that spelling
   */
  public int idOf(String specialToken) {
    return findAdded(specialToken)
        .orElseThrow(
            () -> new IllegalArgumentException("the tokenizer has no token " + specialToken));
  }

  /** All added tokens by spelling. */
  public Map<String, Integer> addedTokens() {
    return addedIds;
  }

  /** One more than the largest id. */
  public int vocabularySize() {
    return bytesOf.length;
  }

  /** Frees the native tokenizer; encoding is not possible any more. */
  @Override
  public void close() {
    plain.close();
  }

  private static String wellFormed(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (Character.isSurrogate(text.charAt(i))) {
        return text.codePoints()
            .map(c -> c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE ? 0xFFFD : c)
            .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
            .toString();
      }
    }
    return text;
  }
}
