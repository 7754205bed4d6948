package dev.epd.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonProperty;

/** How the numbers of a model lie in memory. */
public enum ModelType {
  @JsonProperty("auto")
  AUTO("auto"),
  @JsonProperty("float32")
  FLOAT32("float32"),
  @JsonProperty("bfloat16")
  BFLOAT16("bfloat16");

  private final String value;

  ModelType(String value) {
    this.value = value;
  }

  /** The name in the API and in flags. */
  public String value() {
    return value;
  }
}
