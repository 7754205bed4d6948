package dev.epd.modelspec;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.epd.modelspec.ChatMessage.Role;
import dev.epd.modelspec.safetensors.DType;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The picture model's settings, and what the reference says about its prompts and answers. */
class PictureModelTest {
  private static ModelSpec spec;

  @BeforeAll
  static void load() {
    spec = ModelSpec.load(Models.SHAPES, "shapes");
  }

  @AfterAll
  static void close() {
    spec.close();
  }

  @Test
  void settingsAreRead() {
    ModelConfig config = spec.config();
    assertThat(config.family()).isEqualTo(ModelFamily.QWEN2_5_VL);
    assertThat(config.dtype()).isEqualTo(DType.BF16);
    assertThat(config.text())
        .isEqualTo(
            new ModelConfig.Text(
                576, 128, 256, 3, 4, 2, 32, 1_000_000, List.of(4, 6, 6), 1e-6, true, 1024));
    assertThat(config.vision())
        .isEqualTo(new ModelConfig.Vision(4, 128, 256, 128, 4, 3, 14, 2, 2, 112, List.of(1, 3), 2));
    assertThat(config.vision().patchValues()).isEqualTo(1176);
    assertThat(config.tokens().eos()).containsExactly(500, 498);
    assertThat(config.tokens().image()).isEqualTo(spec.tokenizer().idOf("<|image_pad|>"));
    assertThat(spec.preprocessor().maxPixels()).isEqualTo(224 * 224);
    assertThat(spec.preprocessor().mean()).isEqualTo(PreprocessorConfig.CLIP_MEAN);
    assertThat(spec.limits()).isEqualTo(Limits.defaults(1024));
    assertThat(spec.servedName()).isEqualTo("shapes");
  }

  @Test
  void gridsPromptLengthsAndAnswersEqualTheReference() throws IOException {
    JsonNode items =
        new JsonMapper().readTree(Models.ROOT.resolve("eval/items.json").toFile()).path("items");
    assertThat(items.size()).isGreaterThan(60);
    for (JsonNode item : items) {
      JsonNode size = item.path("size");
      ImageGrid grid = spec.geometry().grid(size.get(0).asInt(), size.get(1).asInt());
      assertThat(grid.h()).isEqualTo(item.path("grid").get(1).asInt());
      assertThat(grid.w()).isEqualTo(item.path("grid").get(2).asInt());
      ChatPrompt prompt =
          spec.prompt(
              List.of(
                  new ChatMessage(
                      Role.USER,
                      List.of(
                          new ContentPart.Image(grid),
                          new ContentPart.Text(item.path("question").asText())))));
      assertThat(prompt.length()).isEqualTo(item.path("prompt_tokens").asInt());
      int[] said = new JsonMapper().convertValue(item.path("tokens"), int[].class);
      assertThat(spec.tokenizer().decode(said)).isEqualTo(item.path("said").asText());
    }
  }
}
