package dev.epd.runtime.model;

import dev.epd.runtime.tensor.DType;
import dev.epd.runtime.tensor.Device;
import java.util.Set;

/**
 * What to load and how to compute.
 *
 * @param parts which halves of the model this process needs
 * @param dtype type of weights, activations and KV cache in memory: FLOAT32 or BFLOAT16. Weights
 *     stored in another type are converted once; bfloat16 weights used as bfloat16 stay mapped from
 *     the file, unless a GPU needs a copy
 * @param threads intra-op threads: the CPU limit of the pod
 * @param deterministic results do not depend on what shares a batch: pictures and rows are computed
 *     one by one. Bit-equal between processes with the same threads and instruction set, or with
 *     the same kind of GPU
 * @param device where weights and KV cache lie and steps are computed
 */
public record LoadOptions(
    Set<Part> parts, DType dtype, int threads, boolean deterministic, Device device) {
  /** The halves of a vision-language model. */
  public enum Part {
    VISION,
    LANGUAGE
  }

  public LoadOptions {
    parts = Set.copyOf(parts);
    if (parts.isEmpty()) {
      throw new IllegalArgumentException("nothing to load: name VISION, LANGUAGE or both");
    }
    if (dtype != DType.FLOAT32 && dtype != DType.BFLOAT16) {
      throw new IllegalArgumentException("compute type must be FLOAT32 or BFLOAT16, got " + dtype);
    }
    if (threads < 1) {
      throw new IllegalArgumentException("threads must be at least 1, got " + threads);
    }
  }

  /** Both halves in FLOAT32 on this many threads of the CPU. */
  public static LoadOptions all(int threads) {
    return new LoadOptions(
        Set.of(Part.VISION, Part.LANGUAGE), DType.FLOAT32, threads, false, Device.CPU);
  }

  /** The same on another device. */
  public LoadOptions on(Device other) {
    return new LoadOptions(parts, dtype, threads, deterministic, other);
  }
}
