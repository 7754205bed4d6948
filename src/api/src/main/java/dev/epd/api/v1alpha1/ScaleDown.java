package dev.epd.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** When pods are given back. */
@ApiType
public record ScaleDown(
    @JsonPropertyDescription(
            "Time that fewer pods must have been enough before one is given back, 1s to 24h. Unset:"
                + " the learned start-up time of a pod.")
        @Pattern(KubeDuration.PATTERN)
        @Size(max = 16)
        @ValidationRule(
            value = "duration(self) >= duration('1s') && duration(self) <= duration('24h')",
            message = "scaleDown.idleTime must lie between 1s and 24h")
        @Nullable String idleTime) {

  public Optional<Duration> idle() {
    return Optional.ofNullable(idleTime).map(KubeDuration::parse);
  }
}
