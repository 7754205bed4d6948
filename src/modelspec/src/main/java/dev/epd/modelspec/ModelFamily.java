package dev.epd.modelspec;

import java.util.Arrays;
import java.util.Optional;
import java.util.stream.Collectors;

/** Model architectures this product can run, by the names their published config.json carries. */
public enum ModelFamily {
  QWEN2_5_VL("qwen2_5_vl", "Qwen2_5_VLForConditionalGeneration");

  private final String modelType;
  private final String architecture;

  ModelFamily(String modelType, String architecture) {
    this.modelType = modelType;
    this.architecture = architecture;
  }

  /** {@code model_type} in config.json. */
  public String modelType() {
    return modelType;
  }

  /** The entry of {@code architectures} in config.json. */
  public String architecture() {
    return architecture;
  }

  /** The family of that {@code model_type}, if there is one. */
  public static Optional<ModelFamily> ofModelType(String modelType) {
    return Arrays.stream(values()).filter(f -> f.modelType.equals(modelType)).findFirst();
  }

  /** All families in words, for messages. */
  static String supported() {
    return Arrays.stream(values())
        .map(f -> f.architecture + " (model_type " + f.modelType + ")")
        .collect(Collectors.joining(", "));
  }
}
