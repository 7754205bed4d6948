package dev.epd.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** How long images may wait. */
@ApiType
public record ImageQueueSignal(
    @JsonPropertyDescription("Wait in the image queue that the pool is sized for, 10ms to 10m.")
        @Default("500ms")
        @Pattern(KubeDuration.PATTERN)
        @Size(max = 16)
        @ValidationRule(
            value = "duration(self) >= duration('10ms') && duration(self) <= duration('10m')",
            message = "targetWait must lie between 10ms and 10m")
        @Nullable String targetWait) {

  public Duration targetWaitOrDefault() {
    return KubeDuration.parse(targetWait == null ? "500ms" : targetWait);
  }
}
