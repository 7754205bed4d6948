package dev.epd.operator.autoscaling;

import dev.epd.autoscaler.LoadSample.EncoderTotals;
import dev.epd.operator.autoscaling.PrometheusText.Series;
import java.util.List;

/**
 * The figures of one pod's metrics page that the scaler needs. A figure that is absent is NaN: the
 * scaler then holds instead of taking silence for zero.
 */
final class LoadMetrics {
  static final String QUEUE_IMAGES = "epd_image_queue_images";
  static final String QUEUE_PATCHES = "epd_image_queue_patches";
  static final String OLDEST_SECONDS = "epd_image_queue_oldest_seconds";
  static final String ARRIVED_PATCHES = "epd_image_arrived_patches_total";
  static final String OUTSTANDING_PATCHES = "epd_image_outstanding_patches";
  static final String ENCODER_BUSY = "epd_encoder_busy_seconds_total";
  static final String ENCODER_PATCHES = "epd_encoder_patches_total";

  private LoadMetrics() {}

  /** A gateway's share of the load. */
  record GatewayLoad(
      double queuedImages,
      double queuedPatches,
      double oldestSeconds,
      double arrivedPatches,
      double outstandingPatches) {}

  static GatewayLoad gateway(List<Series> page) {
    return new GatewayLoad(
        required(page, QUEUE_IMAGES),
        required(page, QUEUE_PATCHES),
        required(page, OLDEST_SECONDS),
        required(page, ARRIVED_PATCHES),
        // One series per encoder: none while no encoder holds work.
        sum(page, OUTSTANDING_PATCHES));
  }

  static EncoderTotals encoder(List<Series> page) {
    return new EncoderTotals(required(page, ENCODER_BUSY), required(page, ENCODER_PATCHES));
  }

  private static double required(List<Series> page, String name) {
    return page.stream().anyMatch(s -> s.name().equals(name)) ? sum(page, name) : Double.NaN;
  }

  private static double sum(List<Series> page, String name) {
    return page.stream().filter(s -> s.name().equals(name)).mapToDouble(Series::value).sum();
  }
}
