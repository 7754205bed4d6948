package dev.epd.modelspec;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.epd.modelspec.safetensors.SafetensorsFile;
import dev.epd.modelspec.safetensors.TensorView;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Prompts, ids, grids and positions equal those of Hugging Face transformers. */
class GoldenPromptTest {
  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private static ModelSpec spec;
  private static JsonNode images;

  @BeforeAll
  static void load() throws IOException {
    spec = ModelSpec.load(Models.RANDOM, "random");
    images = json(Models.QWEN.resolve("images.json"));
  }

  @AfterAll
  static void close() {
    spec.close();
  }

  static Stream<String> cases() throws IOException {
    return json(Models.QWEN.resolve("cases.json")).propertyStream().map(Map.Entry::getKey);
  }

  static Stream<String> pictures() throws IOException {
    return json(Models.QWEN.resolve("images.json")).propertyStream().map(Map.Entry::getKey);
  }

  @Test
  void allSixteenCasesAreThere() throws IOException {
    assertThat(cases()).hasSize(16);
    assertThat(pictures()).hasSize(10);
  }

  @ParameterizedTest
  @MethodSource("cases")
  void promptIdsAndPositionsEqualTheReference(String name) throws IOException {
    JsonNode golden = json(Models.QWEN.resolve("cases/" + name + ".json"));
    try (SafetensorsFile tensors =
        SafetensorsFile.open(Models.QWEN.resolve("cases/" + name + ".safetensors"))) {
      ChatPrompt prompt = spec.prompt(conversation(golden.path("conversation")));

      assertThat(prompt.text()).isEqualTo(golden.path("prompt").asText());
      assertThat(prompt.ids()).isEqualTo(ints(tensors.tensor("input_ids")));
      assertThat(prompt.length()).isEqualTo(golden.path("prompt_tokens").asInt());
      assertThat(prompt.images()).hasSize(golden.path("images").size());
      MRope positions = prompt.positions();
      assertThat(positions.delta()).isEqualTo(golden.path("rope_delta").asInt());
      int[] flat = Arrays.stream(positions.positions()).flatMapToInt(Arrays::stream).toArray();
      assertThat(flat).isEqualTo(ints(tensors.tensor("position_ids")));
      for (ImageSpan span : prompt.images()) {
        int[] run = Arrays.copyOfRange(prompt.ids(), span.offset(), span.end());
        assertThat(run).hasSize(span.tokens()).containsOnly(spec.config().tokens().image());
      }
    }
  }

  @ParameterizedTest
  @MethodSource("pictures")
  void gridsEqualTheReference(String name) {
    JsonNode golden = images.path(name);
    ImageGrid grid = grid(name);
    assertThat(List.of(grid.t(), grid.h(), grid.w())).isEqualTo(intList(golden.path("grid_thw")));
    assertThat(grid.tokens()).isEqualTo(golden.path("tokens").asInt());
  }

  /**
   * The reference reads each part of a conversation on its own; here assistant turns are plain
   * strings.
   */
  private static List<ChatMessage> conversation(JsonNode turns) {
    List<ChatMessage> messages = new ArrayList<>();
    for (JsonNode turn : turns) {
      ChatMessage.Role role =
          ChatMessage.Role.valueOf(turn.path("role").asText().toUpperCase(Locale.ROOT));
      List<ContentPart> parts = new ArrayList<>();
      if (turn.path("content").isTextual()) {
        parts.add(new ContentPart.Text(turn.path("content").asText()));
      }
      for (JsonNode part : turn.path("content")) {
        parts.add(
            part.path("type").asText().equals("image")
                ? new ContentPart.Image(grid(part.path("name").asText()))
                : new ContentPart.Text(part.path("text").asText()));
      }
      messages.add(new ChatMessage(role, parts));
    }
    return messages;
  }

  private static ImageGrid grid(String picture) {
    JsonNode image = images.path(picture);
    return spec.geometry().grid(image.path("width").asInt(), image.path("height").asInt());
  }

  private static JsonNode json(Path path) throws IOException {
    return new JsonMapper().readTree(Files.readAllBytes(path));
  }

  private static List<Integer> intList(JsonNode array) {
    List<Integer> out = new ArrayList<>();
    array.forEach(n -> out.add(n.asInt()));
    return out;
  }

  private static int[] ints(TensorView view) {
    return view.bytes().toArray(INT);
  }
}
