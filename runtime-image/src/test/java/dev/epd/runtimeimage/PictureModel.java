package dev.epd.runtimeimage;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.epd.modelspec.ChatMessage;
import dev.epd.modelspec.ChatPrompt;
import dev.epd.modelspec.ContentPart;
import dev.epd.modelspec.ImageGrid;
import dev.epd.modelspec.ModelSpec;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The project's own picture model and the questions its reference implementation answered. */
public final class PictureModel {
  private static final Path MODELS = models();
  public static final Path CHECKPOINT = MODELS.resolve("shapes");

  private PictureModel() {}

  public static ModelSpec spec() {
    return ModelSpec.load(CHECKPOINT, "shapes");
  }

  /** A picture of the evaluation set. */
  public record Picture(byte[] bytes, ImageGrid grid, String name) {}

  /** A question with what the reference said, a final stop token included. */
  record Item(Picture picture, String question, List<Integer> tokens, double margin) {}

  static List<Item> items(ModelSpec spec) {
    try {
      Path folder = MODELS.resolve("eval");
      List<Item> items = new ArrayList<>();
      JsonNode root = new ObjectMapper().readTree(folder.resolve("items.json").toFile());
      for (JsonNode item : root.path("items")) {
        String name = item.path("picture").asText();
        Picture picture =
            new Picture(
                Files.readAllBytes(folder.resolve(name)),
                spec.geometry()
                    .grid(item.path("size").get(0).asInt(), item.path("size").get(1).asInt()),
                name);
        List<Integer> tokens = new ArrayList<>();
        item.path("tokens").forEach(t -> tokens.add(t.asInt()));
        items.add(
            new Item(
                picture, item.path("question").asText(), tokens, item.path("margin").asDouble()));
      }
      return items;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public static ChatPrompt prompt(ModelSpec spec, List<Picture> pictures, String question) {
    List<ContentPart> content = new ArrayList<>();
    pictures.forEach(p -> content.add(new ContentPart.Image(p.grid())));
    content.add(new ContentPart.Text(question));
    return spec.prompt(List.of(new ChatMessage(ChatMessage.Role.USER, content)));
  }

  private static Path models() {
    for (Path at = Path.of("").toAbsolutePath(); at != null; at = at.getParent()) {
      if (Files.isDirectory(at.resolve("models/shapes"))) {
        return at.resolve("models");
      }
    }
    throw new IllegalStateException("not inside the repository");
  }
}
