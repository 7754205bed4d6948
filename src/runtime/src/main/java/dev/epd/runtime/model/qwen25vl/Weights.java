package dev.epd.runtime.model.qwen25vl;

import dev.epd.modelspec.ModelSpecException;
import dev.epd.modelspec.safetensors.Checkpoint;
import dev.epd.modelspec.safetensors.TensorView;
import dev.epd.runtime.tensor.DType;
import dev.epd.runtime.tensor.ScriptModule;
import dev.epd.runtime.tensor.Tensor;
import dev.epd.runtime.tensor.TensorScope;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/**
 * Takes tensors out of a checkpoint by their published names, checks their shapes, and converts
 * them to the compute type. On the CPU a tensor stored in the compute type is not copied: it stays
 * mapped, so the checkpoint must stay open.
 */
final class Weights {
  private final Checkpoint checkpoint;
  private final Path directory;
  private final DType dtype;
  private final ScriptModule script;
  private final TensorScope scope;

  /**
   * @param script a module with {@code convert(x, dtype)}
   * @param scope owner of the weights, on whose device they come to lie
   */
  Weights(
      Checkpoint checkpoint, Path directory, DType dtype, ScriptModule script, TensorScope scope) {
    this.checkpoint = checkpoint;
    this.directory = directory;
    this.dtype = dtype;
    this.script = script;
    this.scope = scope;
  }

  /**
   * The tensor {@code name}, seen as {@code shape}.
   *
   * @throws ModelSpecException if it is missing or has another number of elements
   */
  Tensor get(String name, long... shape) {
    TensorView view = checkpoint.tensor(name);
    long elements = 1;
    for (long s : shape) {
      elements *= s;
    }
    // The patch embedding is stored as a 3-d convolution; all else must match side by side.
    boolean same = Arrays.equals(view.shape().stream().mapToLong(Long::longValue).toArray(), shape);
    if (!same && (view.shape().size() == shape.length || view.elements() != elements)) {
      throw new ModelSpecException(
          directory,
          "tensor %s has shape %s but config.json says %s"
              .formatted(name, view.shape(), Arrays.toString(shape)));
    }
    DType stored =
        switch (view.dtype()) {
          case F32 -> DType.FLOAT32;
          case F16 -> DType.FLOAT16;
          case BF16 -> DType.BFLOAT16;
          case I64, I32, U8 ->
              throw new ModelSpecException(
                  directory,
                  "tensor %s is stored as %s; weights must be F32, F16 or BF16"
                      .formatted(name, view.dtype()));
        };
    if (stored == dtype) {
      return scope.load(view.bytes(), stored, shape);
    }
    try (TensorScope step = scope.sibling()) {
      Tensor mapped = step.load(view.bytes(), stored, shape);
      return scope.take(step.release(script.call(step, "convert", mapped, dtype.code())));
    }
  }

  /** Weight and bias of a linear layer, appended to {@code out}. */
  void linear(List<Tensor> out, String name, long outputs, long inputs) {
    out.add(get(name + ".weight", outputs, inputs));
    out.add(get(name + ".bias", outputs));
  }
}
