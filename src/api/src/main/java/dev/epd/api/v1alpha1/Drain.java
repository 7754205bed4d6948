package dev.epd.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** How a pod leaves. */
@ApiType
public record Drain(
    @JsonPropertyDescription(
            "Time a pod has to finish or hand over its work after it was told to stop, 1s to 1h."
                + " The pod's grace period is this and a margin.")
        @Default("120s")
        @Pattern(KubeDuration.PATTERN)
        @Size(max = 16)
        @ValidationRule(
            value = "duration(self) >= duration('1s') && duration(self) <= duration('1h')",
            message = "drain.timeout must lie between 1s and 1h")
        @Nullable String timeout) {

  /** What a pool that says nothing gets. */
  public static final Drain DEFAULT = new Drain("120s");

  public Duration timeoutOrDefault() {
    return KubeDuration.parse(timeout == null ? "120s" : timeout);
  }
}
