package dev.epd.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import org.jspecify.annotations.Nullable;

/** Names the key of a Secret of the same namespace that holds a token. */
@ApiType
public record HubTokenRef(
    @JsonPropertyDescription("Name of the Secret, in the same namespace.")
        @Required
        @Size(min = 1, max = 253)
        String name,
    @JsonPropertyDescription("Key in the Secret's data.")
        @Default(HubTokenRef.DEFAULT_KEY)
        @Size(min = 1, max = 253)
        @Nullable String key) {
  static final String DEFAULT_KEY = "token";

  public String keyOrDefault() {
    return key == null ? DEFAULT_KEY : key;
  }
}
