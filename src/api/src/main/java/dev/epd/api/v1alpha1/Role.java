package dev.epd.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonValue;

/** What a pod of the cluster does. The names are label values and flag values, final. */
public enum Role {
  @JsonProperty("gateway")
  GATEWAY("gateway"),
  @JsonProperty("encoder")
  ENCODER("encoder"),
  @JsonProperty("prefill")
  PREFILL("prefill"),
  @JsonProperty("decode")
  DECODE("decode");

  private final String value;

  Role(String value) {
    this.value = value;
  }

  /** The name in labels, object names, flags and the API: lower case. */
  @JsonValue
  public String value() {
    return value;
  }

  /** Reads {@link #value()}; IllegalArgumentException for anything else. */
  @JsonCreator
  public static Role of(String value) {
    for (Role role : values()) {
      if (role.value.equals(value)) {
        return role;
      }
    }
    throw new IllegalArgumentException(
        "no role '" + value + "'; use gateway, encoder, prefill or decode");
  }
}
