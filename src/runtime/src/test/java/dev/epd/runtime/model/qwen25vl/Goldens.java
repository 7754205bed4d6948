package dev.epd.runtime.model.qwen25vl;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.epd.modelspec.ImageGrid;
import dev.epd.modelspec.safetensors.SafetensorsFile;
import dev.epd.runtime.preprocess.PatchedImage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** What the reference implementation computed, in models/goldens. */
public final class Goldens {
  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private Goldens() {}

  /** The folder models/ of the project. */
  public static Path models() {
    Path at = Path.of("").toAbsolutePath();
    while (at != null && !Files.isDirectory(at.resolve("models/goldens"))) {
      at = at.getParent();
    }
    if (at == null) {
      throw new IllegalStateException("models/goldens not found above the working directory");
    }
    return at.resolve("models");
  }

  static Path family() {
    return models().resolve("goldens/qwen2_5_vl");
  }

  /** A recorded conversation. */
  record Case(
      String name,
      List<String> images,
      int[] ids,
      int[][] positions,
      int ropeDelta,
      float[] firstLogits,
      float[] bf16FirstLogits,
      List<Integer> tokens,
      List<Double> margins,
      List<Integer> torchvisionTokens,
      List<Double> torchvisionMargins) {
    @Override
    public String toString() {
      return name;
    }
  }

  static List<Case> cases() {
    List<Case> out = new ArrayList<>();
    JsonNode index = json(family().resolve("cases.json"));
    for (String name : index.propertyStream().map(java.util.Map.Entry::getKey).toList()) {
      if (!name.equals("video")) {
        out.add(load(name));
      }
    }
    return out;
  }

  static Case load(String name) {
    JsonNode json = json(family().resolve("cases/" + name + ".json"));
    try (SafetensorsFile file =
        SafetensorsFile.open(family().resolve("cases/" + name + ".safetensors"))) {
      int[] ids = file.tensor("input_ids").bytes().toArray(INT);
      int[] flat = file.tensor("position_ids").bytes().toArray(INT);
      int[][] positions = new int[3][ids.length];
      for (int row = 0; row < 3; row++) {
        System.arraycopy(flat, row * ids.length, positions[row], 0, ids.length);
      }
      List<String> images = new ArrayList<>();
      json.path("images").forEach(n -> images.add(n.asText()));
      return new Case(
          name,
          images,
          ids,
          positions,
          json.path("rope_delta").asInt(),
          floats(file, "logits.fp32"),
          floats(file, "logits.bf16"),
          ints(json.at("/fp32/tokens")),
          doubles(json.at("/fp32/margins")),
          ints(json.at("/fp32_torchvision/tokens")),
          doubles(json.at("/fp32_torchvision/margins")));
    }
  }

  static List<String> imageNames() {
    return json(family().resolve("images.json"))
        .propertyStream()
        .map(java.util.Map.Entry::getKey)
        .toList();
  }

  static JsonNode imageInfo(String name) {
    return json(family().resolve("images.json")).path(name);
  }

  public static JsonNode json(Path file) {
    try {
      return new JsonMapper().readTree(file.toFile());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static SafetensorsFile images() {
    return SafetensorsFile.open(family().resolve("images.safetensors"));
  }

  public static float[] floats(SafetensorsFile file, String name) {
    return file.tensor(name).bytes().toArray(FLOAT);
  }

  static ImageGrid grid(String name) {
    JsonNode grid = imageInfo(name).path("grid_thw");
    return new ImageGrid(grid.get(0).asInt(), grid.get(1).asInt(), grid.get(2).asInt(), 2);
  }

  /**
   * @param kind pixel_values (PIL's resizer) or pixel_values_torchvision
   */
  static PatchedImage patched(String name, String kind) {
    try (SafetensorsFile file = images()) {
      float[] values = floats(file, name + "." + kind);
      MemorySegment memory = Arena.ofAuto().allocate(values.length * 4L, 64);
      MemorySegment.copy(values, 0, memory, ValueLayout.JAVA_FLOAT, 0, values.length);
      ImageGrid grid = grid(name);
      return new PatchedImage(grid, values.length / grid.patches(), memory);
    }
  }

  static float maxDifference(float[] a, float[] b) {
    if (a.length != b.length) {
      throw new AssertionError(a.length + " values against " + b.length);
    }
    float max = 0;
    for (int i = 0; i < a.length; i++) {
      float d = Math.abs(a[i] - b[i]);
      // NaN must not pass for equal
      max = d <= max ? max : d;
    }
    return max;
  }

  private static List<Integer> ints(JsonNode node) {
    List<Integer> out = new ArrayList<>();
    node.forEach(n -> out.add(n.asInt()));
    return out;
  }

  private static List<Double> doubles(JsonNode node) {
    List<Double> out = new ArrayList<>();
    node.forEach(n -> out.add(n.asDouble()));
    return out;
  }
}
