package dev.epd.runtime.preprocess;

import static org.assertj.core.api.Assertions.assertThat;

import dev.epd.modelspec.ModelSpec;
import dev.epd.runtime.model.qwen25vl.Goldens;
import dev.epd.runtime.tensor.Torch;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

class ConcurrentPreprocessTest {
  @Test
  void threadsDoNotDisturbEachOther() throws Exception {
    Path goldens = Goldens.models().resolve("goldens");
    List<byte[]> files = new ArrayList<>();
    for (String name : List.of("odd.png", "large.jpg", "wide.png", "exif6.jpg", "small.png")) {
      files.add(Files.readAllBytes(goldens.resolve("images").resolve(name)));
    }
    try (ModelSpec spec = ModelSpec.load(goldens.resolve("qwen2_5_vl/hf"), "golden");
        ImagePreprocessor preprocessor = new ImagePreprocessor(spec);
        ExecutorService pool = Executors.newFixedThreadPool(6)) {
      List<float[]> expected = new ArrayList<>();
      for (byte[] file : files) {
        expected.add(values(preprocessor.process(file)));
      }
      int open = Torch.openTensors();
      List<Future<float[]>> got = new ArrayList<>();
      for (int i = 0; i < 60; i++) {
        byte[] file = files.get(i % files.size());
        got.add(pool.submit(() -> values(preprocessor.process(file))));
      }
      for (int i = 0; i < got.size(); i++) {
        assertThat(got.get(i).get()).isEqualTo(expected.get(i % files.size()));
      }
      assertThat(Torch.openTensors()).isEqualTo(open);
    }
  }

  private static float[] values(PatchedImage image) {
    return image.patches().toArray(ValueLayout.JAVA_FLOAT);
  }
}
