package dev.epd.runtime.model.qwen25vl;

import dev.epd.modelspec.ModelSpec;
import dev.epd.modelspec.safetensors.Checkpoint;
import dev.epd.runtime.model.LanguageModel;
import dev.epd.runtime.model.LoadOptions;
import dev.epd.runtime.model.LoadedModel;
import dev.epd.runtime.model.VisionTower;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A Qwen2.5-VL checkpoint in memory. */
public final class Qwen25Vl implements LoadedModel {
  private final Checkpoint checkpoint;
  private final String fingerprint;
  private @Nullable QwenVision vision;
  private @Nullable QwenLanguage language;

  private Qwen25Vl(Checkpoint checkpoint, String fingerprint) {
    this.checkpoint = checkpoint;
    this.fingerprint = fingerprint;
  }

  /** Loads the parts that {@code options} names. */
  public static Qwen25Vl load(ModelSpec spec, LoadOptions options) {
    Checkpoint checkpoint = Checkpoint.open(spec.directory());
    Qwen25Vl model = new Qwen25Vl(checkpoint, spec.fingerprint());
    try {
      if (options.parts().contains(LoadOptions.Part.VISION)) {
        model.vision =
            QwenVision.load(spec.config().vision(), checkpoint, spec.directory(), options);
      }
      if (options.parts().contains(LoadOptions.Part.LANGUAGE)) {
        model.language =
            QwenLanguage.load(spec.config().text(), checkpoint, spec.directory(), options);
      }
      return model;
    } catch (RuntimeException e) {
      model.close();
      throw e;
    }
  }

  @Override
  public Optional<VisionTower> vision() {
    return Optional.ofNullable(vision);
  }

  @Override
  public Optional<LanguageModel> language() {
    return Optional.ofNullable(language);
  }

  @Override
  public String fingerprint() {
    return fingerprint;
  }

  /** Frees the weights, then unmaps the files they may point into. */
  @Override
  public void close() {
    if (vision != null) {
      vision.close();
    }
    if (language != null) {
      language.close();
    }
    checkpoint.close();
  }
}
