package dev.epd.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Required;
import org.jspecify.annotations.Nullable;

/** One signal: a union by type. */
@ApiType
public record ScalingSignal(
    @JsonPropertyDescription("Kind of signal: ImageQueue.") @Required SignalType type,
    @JsonPropertyDescription("Settings of a signal of type ImageQueue.") @Default("{}")
        @Nullable ImageQueueSignal imageQueue) {

  public ImageQueueSignal imageQueueOrDefault() {
    return imageQueue == null ? new ImageQueueSignal(null) : imageQueue;
  }
}
