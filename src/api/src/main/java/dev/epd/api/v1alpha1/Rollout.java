package dev.epd.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.ValidationRule;
import io.fabric8.kubernetes.api.model.IntOrString;
import org.jspecify.annotations.Nullable;

/** How pods are replaced when the pool's spec changes, as in a Deployment. */
@ApiType
@ValidationRule(
    value =
        "(!has(self.maxSurge) || string(self.maxSurge).matches('"
            + Rollout.AMOUNT
            + "')) &&"
            + " (!has(self.maxUnavailable) || string(self.maxUnavailable).matches('"
            + Rollout.AMOUNT
            + "'))",
    message =
        "maxSurge and maxUnavailable must each be a number of pods up to 999 or a percentage such as"
            + " 25%")
@ValidationRule(
    value =
        "!(has(self.maxSurge) && has(self.maxUnavailable) && string(self.maxSurge) in ['0', '0%'] &&"
            + " string(self.maxUnavailable) in ['0', '0%'])",
    message =
        "maxSurge and maxUnavailable cannot both be 0, no pod could ever be replaced: without room"
            + " for one more pod set maxSurge 0 and maxUnavailable 1")
public record Rollout(
    @JsonPropertyDescription(
            "Pods beyond the pool's number that may exist during a rollout, a number or a"
                + " percentage. 0 where there is no spare GPU.")
        @Default("1")
        @Nullable IntOrString maxSurge,
    @JsonPropertyDescription(
            "Pods of the pool's number that may be missing during a rollout, a number or a"
                + " percentage.")
        @Default("0")
        @Nullable IntOrString maxUnavailable) {
  static final String AMOUNT = "^([0-9]{1,3}|(100|[1-9]?[0-9])%)$";

  /** What a pool that says nothing gets: one pod more, none missing. */
  public static final Rollout DEFAULT = new Rollout(new IntOrString(1), new IntOrString(0));

  public IntOrString maxSurgeOrDefault() {
    return maxSurge == null ? new IntOrString(1) : maxSurge;
  }

  public IntOrString maxUnavailableOrDefault() {
    return maxUnavailable == null ? new IntOrString(0) : maxUnavailable;
  }
}
