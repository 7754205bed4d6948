package dev.epd.runtime.model;

import dev.epd.runtime.preprocess.PatchedImage;
import dev.epd.runtime.tensor.DType;
import dev.epd.runtime.tensor.Tensor;
import dev.epd.runtime.tensor.TensorScope;
import java.util.List;

/** A vision encoder. Confined to the engine thread. */
public interface VisionTower {
  /** Elements per embedding row: the hidden size of the language model. */
  int hidden();

  /** Element type of the embeddings. */
  DType dtype();

  /**
   * Encodes pictures, of one or of several requests, in one pass.
   *
   * @return per picture, in order, [grid.tokens(), hidden], contiguous, on the device of the model,
   *     owned by {@code scope}
   */
  List<Tensor> encode(TensorScope scope, List<PatchedImage> images);
}
