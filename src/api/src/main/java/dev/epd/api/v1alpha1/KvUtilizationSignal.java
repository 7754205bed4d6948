package dev.epd.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import org.jspecify.annotations.Nullable;

/** How full the pods' KV caches may be. */
@ApiType
public record KvUtilizationSignal(
    @JsonPropertyDescription(
            "Percent of the pool's sequences that are taken, those that are waited for included; the"
                + " rest is room while a pod starts.")
        @Default("75")
        @Min(1)
        @Max(95)
        @Nullable Integer percent) {

  public int percentOrDefault() {
    return percent == null ? 75 : percent;
  }
}
