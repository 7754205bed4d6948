package dev.epd.runtime.model.qwen25vl;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.epd.modelspec.ChatMessage;
import dev.epd.modelspec.ChatPrompt;
import dev.epd.modelspec.ContentPart;
import dev.epd.modelspec.ModelSpec;
import dev.epd.runtime.model.KvCache;
import dev.epd.runtime.model.LanguageModel;
import dev.epd.runtime.model.LoadOptions;
import dev.epd.runtime.model.LoadedModel;
import dev.epd.runtime.model.ModelLoader;
import dev.epd.runtime.model.VisionTower;
import dev.epd.runtime.preprocess.ImagePreprocessor;
import dev.epd.runtime.preprocess.PatchedImage;
import dev.epd.runtime.tensor.Tensor;
import dev.epd.runtime.tensor.TensorScope;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** From the original files to tokens and words. */
class EndToEndTest {
  private static final String WHAT = "What is in the picture?";
  private static final String HOW_MANY = "How many shapes are there?";

  @Test
  void goldenCasesFromTheOriginalFiles() throws Exception {
    Path images = Goldens.models().resolve("goldens/images");
    List<Goldens.Case> cases = Goldens.cases();
    int equal = 0;
    try (ModelSpec spec = ModelSpec.load(Goldens.family().resolve("hf"), "golden");
        LoadedModel model = ModelLoader.load(spec, LoadOptions.all(2));
        ImagePreprocessor preprocessor = new ImagePreprocessor(spec)) {
      for (Goldens.Case c : cases) {
        List<PatchedImage> pictures = new ArrayList<>();
        for (String name : c.images()) {
          Path file = images.resolve(Goldens.imageInfo(name).path("file").asText());
          pictures.add(preprocessor.process(Files.readAllBytes(file)));
        }
        List<Integer> tokens =
            answer(spec, model, c.ids(), c.positions(), c.ropeDelta(), pictures, 32, false);
        int at = firstDifference(tokens, c.torchvisionTokens());
        if (at < 0) {
          equal++;
        } else {
          double margin = c.torchvisionMargins().get(at);
          System.out.printf("%s differs at token %d, margin there %.5f%n", c, at, margin);
          assertThat(margin).as("%s token %d is a near-tie", c, at).isLessThan(0.05);
        }
      }
    }
    System.out.printf("%d of %d cases equal%n", equal, cases.size());
    assertThat(cases).hasSize(16);
    assertThat(equal).isGreaterThanOrEqualTo(13);
  }

  @Test
  void thePictureModelSaysWhatItSees() throws Exception {
    Path models = Goldens.models();
    int right = 0;
    int asked = 0;
    int others = 0;
    int othersRight = 0;
    try (ModelSpec spec = ModelSpec.load(models.resolve("shapes"), "shapes");
        LoadedModel model = ModelLoader.load(spec, LoadOptions.all(2));
        ImagePreprocessor preprocessor = new ImagePreprocessor(spec)) {
      for (JsonNode item : Goldens.json(models.resolve("eval/items.json")).path("items")) {
        Path file = models.resolve("eval").resolve(item.path("picture").asText());
        String question = item.path("question").asText();
        String words = ask(spec, model, preprocessor, Files.readAllBytes(file), question);
        boolean same = words.equals(item.path("said").asText());
        if (question.equals(WHAT) || question.equals(HOW_MANY)) {
          asked++;
          right += same ? 1 : 0;
        } else {
          others++;
          othersRight += same ? 1 : 0;
        }
        if (!same) {
          System.out.printf(
              "%s %s: %s, reference %s (margin %.3f)%n",
              file.getFileName(),
              question,
              words,
              item.path("said"),
              item.path("margin").asDouble());
        }
      }
    }
    System.out.printf("%d of %d, other questions %d of %d%n", right, asked, othersRight, others);
    assertThat(asked).isGreaterThanOrEqualTo(24);
    assertThat(right).isGreaterThanOrEqualTo((int) Math.ceil(0.95 * asked));
    assertThat(othersRight).isGreaterThanOrEqualTo((int) Math.ceil(0.8 * others));
  }

  private static String ask(
      ModelSpec spec,
      LoadedModel model,
      ImagePreprocessor preprocessor,
      byte[] file,
      String question)
      throws Exception {
    PatchedImage picture = preprocessor.process(file);
    ChatPrompt prompt =
        spec.prompt(
            List.of(
                new ChatMessage(
                    ChatMessage.Role.USER,
                    List.of(
                        new ContentPart.Image(picture.grid()), new ContentPart.Text(question)))));
    List<Integer> tokens =
        answer(
            spec,
            model,
            prompt.ids(),
            prompt.positions().positions(),
            prompt.positions().delta(),
            List.of(picture),
            40,
            true);
    int[] words =
        tokens.stream()
            .mapToInt(Integer::intValue)
            .filter(id -> !spec.config().tokens().isEos(id))
            .toArray();
    return spec.tokenizer().decode(words).strip();
  }

  private static List<Integer> answer(
      ModelSpec spec,
      LoadedModel model,
      int[] ids,
      int[][] positions,
      int delta,
      List<PatchedImage> pictures,
      int count,
      boolean stopAtEnd) {
    VisionTower vision = model.vision().orElseThrow();
    LanguageModel language = model.language().orElseThrow();
    int image = spec.config().tokens().image();
    try (TensorScope scope = new TensorScope();
        KvCache cache = language.newKvCache(1, ids.length + count)) {
      List<Tensor> rows = vision.encode(scope, pictures);
      float[] logits =
          Generation.prefill(language, cache, 0, ids, positions, rows, id -> id == image, 256);
      return Generation.greedy(
              language,
              cache,
              0,
              ids.length,
              delta,
              logits,
              count,
              id -> stopAtEnd && spec.config().tokens().isEos(id))
          .tokens();
    }
  }

  private static int firstDifference(List<Integer> a, List<Integer> b) {
    for (int i = 0; i < b.size(); i++) {
      if (!a.get(i).equals(b.get(i))) {
        return i;
      }
    }
    return -1;
  }
}
