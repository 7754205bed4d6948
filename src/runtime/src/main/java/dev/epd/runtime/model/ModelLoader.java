package dev.epd.runtime.model;

import dev.epd.modelspec.ModelSpec;
import dev.epd.runtime.model.qwen25vl.Qwen25Vl;
import dev.epd.runtime.tensor.Torch;
import dev.epd.runtime.tensor.TorchOptions;
import java.util.Optional;

/** Opens a checkpoint directory as a model. The only place that chooses a family's code. */
public final class ModelLoader {
  private ModelLoader() {}

  /**
   * Starts libtorch if needed and loads the parts asked for. Takes seconds to minutes; safe in any
   * thread.
   *
   * @throws dev.epd.modelspec.ModelSpecException when weights are missing or do not fit config.json
   * @throws IllegalStateException when the device is not there
   */
  public static LoadedModel load(ModelSpec spec, LoadOptions options) {
    Torch.start(TorchOptions.ofThreads(options.threads()));
    Torch.choose(Optional.of(options.device()));
    return switch (spec.config().family()) {
      case QWEN2_5_VL -> Qwen25Vl.load(spec, options);
    };
  }
}
