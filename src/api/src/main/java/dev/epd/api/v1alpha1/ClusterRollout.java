package dev.epd.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** How the pods of a whole cluster are replaced when its spec changes. */
@ApiType
public record ClusterRollout(
    @JsonPropertyDescription(
            "Coordinated: one role at a time, a new model as a complete new set beside the old one."
                + " Independent: all roles at once, a new model likewise. Recreate, for clusters"
                + " without spare GPUs: one role at a time, and with a new model the old set leaves"
                + " (gateway first, requests are finished) before the new one comes; GPU pools that"
                + " say no rollout of their own replace pods in place.")
        @Default("Coordinated")
        @Nullable RolloutStrategy strategy,
    @JsonPropertyDescription(
            "True: pods keep what they are made of and no set is made or removed; a roll under way"
                + " stops where it is. Scaling and healing go on. Nothing is replaced behind your back"
                + " (there is no OnDelete): change the spec at leisure, then set false.")
        @Nullable Boolean paused,
    @JsonPropertyDescription(
            "Time that a pool's roll may take without progress before Progressing turns False and"
                + " says why, 30s to 24h; nothing is rolled back by itself. Unset: the pool's"
                + " startup.timeout and 5m.")
        @Pattern(KubeDuration.PATTERN)
        @Size(max = 16)
        @ValidationRule(
            value = "duration(self) >= duration('30s') && duration(self) <= duration('24h')",
            message = "rollout.progressDeadline must lie between 30s and 24h")
        @Nullable String progressDeadline) {

  /** What a cluster that says nothing gets. */
  public static final ClusterRollout DEFAULT =
      new ClusterRollout(RolloutStrategy.Coordinated, null, null);

  public RolloutStrategy strategyOrDefault() {
    return strategy == null ? RolloutStrategy.Coordinated : strategy;
  }

  public boolean isPaused() {
    return Boolean.TRUE.equals(paused);
  }

  /** Empty: as long as the pool's pods may take to start, and a margin. */
  public Optional<Duration> deadline() {
    return Optional.ofNullable(progressDeadline).map(KubeDuration::parse);
  }
}
