package dev.epd.modelspec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Loading: layouts that are accepted, directories that are refused, and what the fingerprint
 * notices.
 */
class ModelSpecTest {
  @TempDir Path dir;

  @BeforeEach
  void copy() {
    Models.copy(Models.SHAPES, dir);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"config.json", "preprocessor_config.json", "tokenizer.json", "model.safetensors"})
  void aMissingFileIsNamed(String file) throws IOException {
    Files.delete(dir.resolve(file));
    assertRefused(file);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "config.json",
        "generation_config.json",
        "preprocessor_config.json",
        "tokenizer.json",
        "chat_template.json",
        "model.safetensors"
      })
  void aDamagedFileIsNamed(String file) throws IOException {
    Files.writeString(dir.resolve(file), "{\"torn\": ");
    assertRefused(file);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "config.json|\"qwen2_5_vl\",|\"llava\",|`model_type 'llava' is not supported; supported: Qwen2_5_VL`",
        "config.json|\"hidden_size\": 128,|\"hidden_size\": -1,|hidden_size must be a positive whole number",
        "config.json|\"rope_theta\"|\"rope_beta\"|rope_theta must be a positive number, but is missing",
        "config.json|\"bfloat16\"|\"float8\"|torch_dtype must be float32, float16 or bfloat16",
        "config.json|\"vocab_size\": 576|\"vocab_size\": 500|vocab_size is 500",
        "config.json|\"image_token_id\": 510|\"image_token_id\": 17|image_token_id 17",
        "config.json|\"use_sliding_window\": false|\"use_sliding_window\": true|sliding",
        "config.json|\"out_hidden_size\": 128|\"out_hidden_size\": 64|out_hidden_size",
        "preprocessor_config.json|\"patch_size\": 14,|\"patch_size\": 16,|differs from config.json",
        "preprocessor_config.json|\"min_pixels\": 3136|\"min_pixels\": 999999|min_pixels is larger",
        "tokenizer.json|\"type\":\"BPE\"|\"type\":\"Unigram\"|supported is BPE",
      })
  void aSettingThatCannotWorkIsExplained(String file, String from, String to, String message)
      throws IOException {
    Models.replace(dir.resolve(file), from, to);
    assertThatThrownBy(() -> ModelSpec.load(dir, "x"))
        .isInstanceOf(ModelSpecException.class)
        .hasMessageContaining(file)
        .hasMessageContaining(message);
  }

  @Test
  void aMissingDirectoryIsNamed() {
    assertThatThrownBy(() -> ModelSpec.load(dir.resolve("absent"), "x"))
        .isInstanceOf(ModelSpecException.class)
        .hasMessageContaining("absent: no such directory");
  }

  @Test
  void aDirectoryWithoutTemplateSaysWhereOneIsLookedFor() throws IOException {
    Files.delete(dir.resolve("chat_template.json"));
    Files.delete(dir.resolve("tokenizer_config.json"));
    assertThatThrownBy(() -> ModelSpec.load(dir, "x"))
        .isInstanceOf(ModelSpecException.class)
        .hasMessageContaining("chat_template.jinja, chat_template.json or tokenizer_config.json");
  }

  @Test
  void theNestedLayoutOfNewerFilesMeansTheSame() throws IOException {
    Files.writeString(
        dir.resolve("config.json"),
        """
        {"model_type": "qwen2_5_vl", "dtype": "bfloat16", "tie_word_embeddings": true,
         "image_token_id": 510, "video_token_id": 511, "vision_start_token_id": 507,
         "vision_end_token_id": 508,
         "text_config": {"hidden_size": 128, "intermediate_size": 256, "num_hidden_layers": 3,
           "num_attention_heads": 4, "num_key_value_heads": 2, "rms_norm_eps": 1e-06,
           "bos_token_id": 498, "eos_token_id": 500, "vocab_size": 576,
           "max_position_embeddings": 1024,
           "rope_parameters": {"rope_type": "default", "rope_theta": 1000000.0,
             "mrope_section": [4, 6, 6]}},
         "vision_config": {"depth": 4, "hidden_size": 128, "out_hidden_size": 128,
           "intermediate_size": 256, "num_heads": 4, "fullatt_block_indexes": [1, 3]}}
        """);
    Files.writeString(
        dir.resolve("preprocessor_config.json"),
        "{\"size\": {\"shortest_edge\": 3136, \"longest_edge\": 50176}}");
    Files.delete(dir.resolve("chat_template.json"));
    try (ModelSpec flat = ModelSpec.load(Models.SHAPES, "x");
        ModelSpec nested = ModelSpec.load(dir, "x")) {
      assertThat(nested.config()).isEqualTo(flat.config());
      assertThat(nested.preprocessor()).isEqualTo(flat.preprocessor());
      List<ChatMessage> hello = List.of(ChatMessage.text(ChatMessage.Role.USER, "Hello"));
      assertThat(nested.prompt(hello).ids()).isEqualTo(flat.prompt(hello).ids());
    }
  }

  /** The settings of the published 3B checkpoint. */
  @Test
  void thePublishedSettingsAreUnderstood() throws IOException {
    Files.writeString(
        dir.resolve("config.json"),
        """
        {"architectures": ["Qwen2_5_VLForConditionalGeneration"], "attention_dropout": 0.0,
         "bos_token_id": 151643, "eos_token_id": 151645, "vision_start_token_id": 151652,
         "vision_end_token_id": 151653, "vision_token_id": 151654, "image_token_id": 151655,
         "video_token_id": 151656, "hidden_act": "silu", "hidden_size": 2048,
         "initializer_range": 0.02, "intermediate_size": 11008, "max_position_embeddings": 128000,
         "max_window_layers": 70, "model_type": "qwen2_5_vl", "num_attention_heads": 16,
         "num_hidden_layers": 36, "num_key_value_heads": 2, "rms_norm_eps": 1e-06,
         "rope_theta": 1000000.0, "sliding_window": 32768, "tie_word_embeddings": true,
         "torch_dtype": "bfloat16", "transformers_version": "4.41.2", "use_cache": true,
         "use_sliding_window": false,
         "vision_config": {"depth": 32, "hidden_act": "silu", "hidden_size": 1280,
           "intermediate_size": 3420, "num_heads": 16, "in_chans": 3, "out_hidden_size": 2048,
           "patch_size": 14, "spatial_merge_size": 2, "spatial_patch_size": 14, "window_size": 112,
           "fullatt_block_indexes": [7, 15, 23, 31], "tokens_per_second": 2,
           "temporal_patch_size": 2},
         "rope_scaling": {"type": "mrope", "mrope_section": [16, 24, 24]}, "vocab_size": 151936}
        """);
    ModelConfig config = ConfigReader.model(dir);
    assertThat(config.text().headDim()).isEqualTo(128);
    assertThat(config.text().mropeSections()).containsExactly(16, 24, 24);
    assertThat(config.text().maxPositionEmbeddings()).isEqualTo(128_000);
    assertThat(config.vision().headDim()).isEqualTo(80);
    assertThat(config.vision().fullAttentionBlocks()).containsExactly(7, 15, 23, 31);
    assertThat(config.tokens().image()).isEqualTo(151_655);
  }

  @Test
  void endTokensComeFromConfigWhereThereIsNoGenerationConfig() throws IOException {
    Files.delete(dir.resolve("generation_config.json"));
    try (ModelSpec spec = ModelSpec.load(dir, "x")) {
      assertThat(spec.config().tokens().eos()).containsExactly(500);
    }
  }

  @Test
  void limitsOfOnesOwnNeverExceedTheModelsContext() {
    try (ModelSpec spec = ModelSpec.load(dir, "x", new Limits(2, 10, 10, 1 << 20))) {
      assertThat(spec.limits()).isEqualTo(new Limits(2, 10, 10, 1024));
    }
  }

  @Test
  void theFingerprintNamesContentNotPlace() throws IOException {
    String original = Fingerprint.of(Models.SHAPES);
    assertThat(original).matches("[0-9a-f]{64}");
    assertThat(Fingerprint.of(dir)).isEqualTo(original);
    assertThat(Fingerprint.of(Models.RANDOM)).isNotEqualTo(original);

    Models.replace(dir.resolve("preprocessor_config.json"), "50176", "50175");
    assertThat(Fingerprint.of(dir)).isNotEqualTo(original);
  }

  @Test
  void theFingerprintNoticesAChangedWeight() throws IOException {
    String whole = Fingerprint.of(dir);
    String sampled = Fingerprint.of(dir, 1);
    flipLastByte(dir.resolve("model.safetensors"));
    assertThat(Fingerprint.of(dir)).isNotEqualTo(whole);
    assertThat(Fingerprint.of(dir, 1)).isNotEqualTo(sampled);
  }

  private static void flipLastByte(Path path) throws IOException {
    try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
      file.seek(file.length() - 1);
      int last = file.read();
      file.seek(file.length() - 1);
      file.write(last ^ 1);
    }
  }

  private void assertRefused(String file) {
    assertThatThrownBy(() -> ModelSpec.load(dir, "x"))
        .isInstanceOf(ModelSpecException.class)
        .hasMessageContaining(file);
  }
}
