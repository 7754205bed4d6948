package dev.epd.modelspec.safetensors;

import java.util.Optional;

/** Element types that checkpoints are stored in, by their safetensors names. */
public enum DType {
  F32(4),
  F16(2),
  BF16(2),
  I64(8),
  I32(4),
  U8(1);

  private final int bytes;

  DType(int bytes) {
    this.bytes = bytes;
  }

  /** Size of one element. */
  public int bytes() {
    return bytes;
  }

  /** By the name in a safetensors header. */
  public static Optional<DType> ofHeaderName(String name) {
    for (DType type : values()) {
      if (type.name().equals(name)) {
        return Optional.of(type);
      }
    }
    return Optional.empty();
  }

  /** By the name in a config.json ({@code torch_dtype}), of the types that weights come in. */
  public static Optional<DType> ofTorchName(String name) {
    return switch (name) {
      case "float32" -> Optional.of(F32);
      case "float16" -> Optional.of(F16);
      case "bfloat16" -> Optional.of(BF16);
      default -> Optional.empty();
    };
  }
}
