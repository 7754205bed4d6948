package dev.epd.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Other bounds for a time that comes back. */
@ApiType
@ValidationRule(
    value = "has(self.minReplicas) || has(self.maxReplicas)",
    message = "a schedule must set minReplicas or maxReplicas")
@ValidationRule(
    value =
        "!has(self.minReplicas) || !has(self.maxReplicas) || self.minReplicas <= self.maxReplicas",
    message = "minReplicas of a schedule must not exceed its maxReplicas")
public record ScalingSchedule(
    @JsonPropertyDescription("Name of the schedule; decisions that it bounds name it.")
        @Required
        @Size(min = 1, max = 40)
        @Pattern("^[a-z0-9]([-a-z0-9]*[a-z0-9])?$")
        String name,
    @JsonPropertyDescription(
            "When it begins: cron with five fields, minute hour day month weekday, as in"
                + " 0 8 * * MON-FRI.")
        @Required
        @Size(min = 9, max = 100)
        @ValidationRule(
            value =
                "self.matches('^[0-9*,/-]+ +[0-9*,/-]+ +[0-9*,/-]+ +[0-9A-Za-z*,/-]+ +[0-9A-Za-z*,/-]+$')",
            message =
                "start must be cron with five fields, minute hour day month weekday, as in 0 8 * *"
                    + " MON-FRI")
        String start,
    @JsonPropertyDescription("How long it lasts, 1m to 168h, in elapsed time.")
        @Required
        @Pattern(KubeDuration.PATTERN)
        @Size(max = 16)
        @ValidationRule(
            value = "duration(self) >= duration('1m') && duration(self) <= duration('168h')",
            message = "duration of a schedule must lie between 1m and 168h")
        String duration,
    @JsonPropertyDescription("Time zone of start, as in Europe/Berlin.")
        @Default("UTC")
        @Size(max = 64)
        @ValidationRule(
            value = "self.matches('^[A-Za-z][A-Za-z0-9_+/-]*$')",
            message = "timeZone must be a name of the IANA database, as in Europe/Berlin or UTC")
        @Nullable String timeZone,
    @JsonPropertyDescription("Fewest pods meanwhile. Unset: the pool's own.") @Min(0) @Max(1000)
        @Nullable Integer minReplicas,
    @JsonPropertyDescription("Most pods meanwhile; never more than the pool's own maxReplicas.")
        @Min(1)
        @Max(1000)
        @Nullable Integer maxReplicas) {

  public Duration durationParsed() {
    return KubeDuration.parse(duration);
  }

  public String timeZoneOrDefault() {
    return timeZone == null ? "UTC" : timeZone;
  }
}
