package dev.epd.modelspec;

import java.util.List;

/**
 * preprocessor_config.json: how pixels become patches. Fields that the file lacks have the defaults
 * of the published image processor (Qwen2VLImageProcessor).
 *
 * @param minPixels images with fewer pixels are enlarged
 * @param maxPixels images with more pixels are reduced
 * @param patchSize side of a patch in pixels
 * @param temporalPatchSize frames in a patch
 * @param mergeSize side in patches of the square that becomes one token
 * @param mean per channel (red, green, blue), of values in 0..1
 * @param std per channel, of values in 0..1
 */
public record PreprocessorConfig(
    long minPixels,
    long maxPixels,
    int patchSize,
    int temporalPatchSize,
    int mergeSize,
    List<Double> mean,
    List<Double> std) {
  static final long DEFAULT_MIN_PIXELS = 56 * 56;
  static final long DEFAULT_MAX_PIXELS = 28 * 28 * 1280;
  static final List<Double> CLIP_MEAN = List.of(0.48145466, 0.4578275, 0.40821073);
  static final List<Double> CLIP_STD = List.of(0.26862954, 0.26130258, 0.27577711);

  public PreprocessorConfig {
    mean = List.copyOf(mean);
    std = List.copyOf(std);
  }

  /** Sides of a resized image are multiples of this many pixels. */
  public int factor() {
    return patchSize * mergeSize;
  }
}
