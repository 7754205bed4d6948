package dev.epd.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import org.jspecify.annotations.Nullable;

/** Bounds of the image queue in each gateway; what does not fit is answered 429 at once. */
@ApiType
public record GatewayQueue(
    @JsonPropertyDescription("Most work that may wait in one gateway, in image patches.")
        @Default("1000000")
        @Min(1)
        @Max(1_000_000_000)
        @Nullable Long maxPatches,
    @JsonPropertyDescription("Most bytes of images that may wait in one gateway.")
        @Default("268435456")
        @Min(1024)
        @Max(1_099_511_627_776d)
        @Nullable Long maxBytes) {

  /** About 1000 pictures of a megapixel, 256 MiB. */
  public static final GatewayQueue DEFAULT = new GatewayQueue(1_000_000L, 268_435_456L);

  public long maxPatchesOrDefault() {
    return maxPatches == null ? 1_000_000L : maxPatches;
  }

  public long maxBytesOrDefault() {
    return maxBytes == null ? 268_435_456L : maxBytes;
  }
}
