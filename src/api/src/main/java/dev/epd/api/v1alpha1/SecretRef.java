package dev.epd.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import org.jspecify.annotations.Nullable;

/** Names one key of a Secret of the same namespace. */
@ApiType
public record SecretRef(
    @JsonPropertyDescription("Name of the Secret, in the same namespace.")
        @Required
        @Size(min = 1, max = 253)
        String name,
    @JsonPropertyDescription("Key in the Secret's data. Default: keys.") @Size(min = 1, max = 253)
        @Nullable String key) {

  /** The key that is read when none is given. */
  public static final String DEFAULT_KEY = "keys";

  public String keyOrDefault() {
    return key == null ? DEFAULT_KEY : key;
  }
}
