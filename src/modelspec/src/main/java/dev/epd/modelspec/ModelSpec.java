package dev.epd.modelspec;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Everything that can be known of a model without its tensors' values, from a Hugging Face
 * checkpoint directory: config.json, generation_config.json, preprocessor_config.json,
 * tokenizer.json, the chat template, and the headers of the safetensors files. Thread-safe; one per
 * process is enough.
 */
public final class ModelSpec implements AutoCloseable {
  private final Path directory;
  private final String servedName;
  private final ModelConfig config;
  private final PreprocessorConfig preprocessor;
  private final ImageGeometry geometry;
  private final Limits limits;
  private final Tokenizer tokenizer;
  private final PromptBuilder prompts;
  private final String fingerprint;

  private ModelSpec(
      Path directory,
      String servedName,
      ModelConfig config,
      PreprocessorConfig preprocessor,
      Limits limits,
      Tokenizer tokenizer,
      ChatTemplate template) {
    this.directory = directory;
    this.servedName = servedName;
    this.config = config;
    this.preprocessor = preprocessor;
    this.geometry = new ImageGeometry(preprocessor);
    this.limits = limits;
    this.tokenizer = tokenizer;
    this.prompts = new PromptBuilder(directory, template, tokenizer, config.tokens(), limits);
    this.fingerprint = Fingerprint.of(directory);
  }

  /**
   * Loads a checkpoint directory with the default limits.
   *
   * @param servedName what clients call the model
   * @throws ModelSpecException if the architecture is not supported, or a file is missing or
   *     malformed
   */
  public static ModelSpec load(Path directory, String servedName) {
    return load(directory, servedName, ConfigReader.model(requireDirectory(directory)), null);
  }

  /**
   * Loads a checkpoint directory with limits of one's own. A context beyond the model's is cut to
   * the model's.
   *
   * @throws ModelSpecException as {@link #load(Path, String)}
   */
  public static ModelSpec load(Path directory, String servedName, Limits limits) {
    return load(directory, servedName, ConfigReader.model(requireDirectory(directory)), limits);
  }

  private static ModelSpec load(
      Path directory, String servedName, ModelConfig config, @Nullable Limits wanted) {
    int context = config.text().maxPositionEmbeddings();
    Limits limits =
        wanted == null
            ? Limits.defaults(context)
            : new Limits(
                wanted.maxImagesPerRequest(),
                wanted.maxImagePixels(),
                wanted.maxImageBytes(),
                Math.min(wanted.maxContextTokens(), context));
    PreprocessorConfig preprocessor = ConfigReader.preprocessor(directory, config.vision());
    ChatTemplate template = ChatTemplate.load(directory);
    Tokenizer tokenizer = Tokenizer.load(directory);
    boolean ready = false;
    try {
      checkTokens(directory, config, tokenizer);
      ModelSpec spec =
          new ModelSpec(directory, servedName, config, preprocessor, limits, tokenizer, template);
      // A template that this renderer cannot run is found here, not by the first user.
      ImageGrid cell =
          new ImageGrid(
              1, preprocessor.mergeSize(), preprocessor.mergeSize(), preprocessor.mergeSize());
      spec.prompt(
          List.of(
              new ChatMessage(
                  ChatMessage.Role.USER,
                  List.of(new ContentPart.Image(cell), new ContentPart.Text("?")))));
      ready = true;
      return spec;
    } finally {
      if (!ready) {
        tokenizer.close();
      }
    }
  }

  private static Path requireDirectory(Path directory) {
    if (!Files.isDirectory(directory)) {
      throw new ModelSpecException(
          directory, "no such directory; point to a Hugging Face checkpoint directory");
    }
    return directory;
  }

  private static void checkTokens(Path directory, ModelConfig config, Tokenizer tokenizer) {
    if (tokenizer.vocabularySize() > config.text().vocabSize()) {
      throw new ModelSpecException(
          directory.resolve("tokenizer.json"),
          "has ids up to %d but config.json's vocab_size is %d; the files belong to different models"
              .formatted(tokenizer.vocabularySize() - 1, config.text().vocabSize()));
    }
    if (!tokenizer.isSpecial(config.tokens().image())) {
      throw new ModelSpecException(
          directory.resolve("tokenizer.json"),
          "has no special token with config.json's image_token_id %d; the files belong to different models"
              .formatted(config.tokens().image()));
    }
  }

  /** The checkpoint directory. */
  public Path directory() {
    return directory;
  }

  /** What clients call the model. */
  public String servedName() {
    return servedName;
  }

  public ModelConfig config() {
    return config;
  }

  public PreprocessorConfig preprocessor() {
    return preprocessor;
  }

  /** From an image's size to its grid and token count. */
  public ImageGeometry geometry() {
    return geometry;
  }

  public Limits limits() {
    return limits;
  }

  public Tokenizer tokenizer() {
    return tokenizer;
  }

  /**
   * SHA-256 in hex over settings and weights: equal fingerprints may exchange embeddings and KV.
   */
  public String fingerprint() {
    return fingerprint;
  }

  /**
   * The prompt of a conversation: chat template rendered, the assistant's turn opened, text
   * tokenized, every image's placeholder expanded to its number of tokens. Special tokens spelled
   * in messages are plain text.
   *
   * @throws InvalidInputException if there are too many images or tokens, or the template refuses
   *     the conversation
   */
  public ChatPrompt prompt(List<ChatMessage> messages) {
    return prompts.build(messages);
  }

  /** Frees the tokenizer. */
  @Override
  public void close() {
    tokenizer.close();
  }
}
