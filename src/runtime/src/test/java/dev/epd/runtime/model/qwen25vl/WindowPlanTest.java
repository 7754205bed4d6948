package dev.epd.runtime.model.qwen25vl;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.epd.modelspec.ImageGrid;
import dev.epd.modelspec.ModelConfig;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class WindowPlanTest {
  private static final ModelConfig.Vision VISION =
      new ModelConfig.Vision(4, 128, 344, 256, 4, 3, 14, 2, 2, 112, List.of(1, 3), 2);

  static List<String> pictures() {
    return Goldens.imageNames();
  }

  @ParameterizedTest
  @MethodSource("pictures")
  void windowsAreThoseOfTheReference(String name) {
    JsonNode info = Goldens.imageInfo(name);
    WindowPlan plan = WindowPlan.of(VISION, List.of(Goldens.grid(name)));

    List<Integer> order = new ArrayList<>();
    info.path("window_index").forEach(n -> order.add(n.asInt()));
    List<Integer> bounds = new ArrayList<>();
    info.path("cu_window_seqlens").forEach(n -> bounds.add(n.asInt()));
    assertThat(plan.tokenOrder()).containsExactly(order.stream().mapToInt(i -> i).toArray());
    assertThat(bounds(plan.windows())).isEqualTo(bounds);
    assertThat(bounds(plan.images())).containsExactly(0, Goldens.grid(name).patches());
  }

  @Test
  void picturesOfOnePassFollowEachOther() {
    ImageGrid a = new ImageGrid(1, 12, 18, 2);
    ImageGrid b = new ImageGrid(1, 4, 4, 2);
    WindowPlan alone = WindowPlan.of(VISION, List.of(b));
    WindowPlan both = WindowPlan.of(VISION, List.of(a, b, b));

    assertThat(bounds(both.images())).containsExactly(0, 216, 232, 248);
    assertThat(both.images()).as("equal frames share a run").containsExactly(0, 216, 1, 216, 16, 2);
    for (int i = 0; i < b.tokens(); i++) {
      assertThat(both.tokenOrder()[a.tokens() + i]).isEqualTo(a.tokens() + alone.tokenOrder()[i]);
      assertThat(both.restore()[both.tokenOrder()[i]]).isEqualTo(i);
    }
    int rotary = alone.cos().length;
    assertThat(
            java.util.Arrays.copyOfRange(both.cos(), both.cos().length - rotary, both.cos().length))
        .isEqualTo(alone.cos());
  }

  private static List<Integer> bounds(int[] runs) {
    List<Integer> out = new ArrayList<>(List.of(0));
    for (int i = 0; i < runs.length; i += 3) {
      assertThat(runs[i]).isEqualTo(out.getLast());
      for (int j = 0; j < runs[i + 2]; j++) {
        out.add(out.getLast() + runs[i + 1]);
      }
    }
    return out;
  }
}
