package dev.epd.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** How a pod comes up. */
@ApiType
public record Startup(
    @JsonPropertyDescription(
            "Time from a container's start to ready (model loaded and warmed up), 10s to 6h. A"
                + " container that takes longer is started again.")
        @Default("10m")
        @Pattern(KubeDuration.PATTERN)
        @Size(max = 16)
        @ValidationRule(
            value = "duration(self) >= duration('10s') && duration(self) <= duration('6h')",
            message = "startup.timeout must lie between 10s and 6h")
        @Nullable String timeout) {

  /** What a pool that says nothing gets: a large model may lie on a cold volume. */
  public static final Startup DEFAULT = new Startup("10m");

  public Duration timeoutOrDefault() {
    return KubeDuration.parse(timeout == null ? "10m" : timeout);
  }
}
