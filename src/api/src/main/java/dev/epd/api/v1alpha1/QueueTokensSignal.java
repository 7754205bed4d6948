package dev.epd.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import org.jspecify.annotations.Nullable;

/** How much prefill may have before it. */
@ApiType
public record QueueTokensSignal(
    @JsonPropertyDescription(
            "Prompt tokens per pod that wait for prefill or are in hand: what a pod reads in the time"
                + " that a first token may take.")
        @Default("8192")
        @Min(1)
        @Max(10_000_000)
        @Nullable Integer perPod) {

  public int perPodOrDefault() {
    return perPod == null ? 8192 : perPod;
  }
}
