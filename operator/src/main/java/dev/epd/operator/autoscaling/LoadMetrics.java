package dev.epd.operator.autoscaling;

import dev.epd.autoscaler.LoadSample;
import dev.epd.autoscaler.LoadSample.Blocked;
import dev.epd.autoscaler.LoadSample.EncoderTotals;
import dev.epd.autoscaler.Mix;
import dev.epd.operator.autoscaling.PrometheusText.Series;
import dev.epd.operator.autoscaling.Scrape.Page;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The figures of one pod's metrics page that the scaler needs. A figure that is absent is NaN: the
 * scaler then holds instead of taking silence for zero.
 */
final class LoadMetrics {
  static final String QUEUE_IMAGES = "epd_image_queue_images";
  static final String QUEUE_PATCHES = "epd_image_queue_patches";
  static final String OLDEST_SECONDS = "epd_image_queue_oldest_seconds";
  static final String ARRIVED_IMAGES = "epd_image_arrived_images_total";
  static final String ARRIVED_PATCHES = "epd_image_arrived_patches_total";
  static final String OUTSTANDING_PATCHES = "epd_image_outstanding_patches";
  static final String ENCODER_BUSY = "epd_encoder_busy_seconds_total";
  static final String ENCODER_PATCHES = "epd_encoder_patches_total";
  static final String ENCODER_IMAGES = "epd_encoder_images_total";

  static final String BLOCKED_PATCHES = "epd_image_queue_blocked_patches";

  private LoadMetrics() {}

  /** The image queue's load, merged from all pages. */
  static LoadSample sample(Scrape scrape) {
    double images = 0;
    double queued = 0;
    double outstanding = 0;
    double oldest = 0;
    double byPrefill = 0;
    double byDecode = 0;
    Mix.Builder queue = new Mix.Builder();
    Map<String, Mix> arrived = new HashMap<>();
    Set<String> holding = new HashSet<>();
    for (Page page : scrape.gateways()) {
      if (page.series() == null) {
        continue;
      }
      GatewayLoad load = gateway(page.series());
      images += load.queuedImages();
      queued += load.queuedPatches();
      outstanding += load.outstandingPatches();
      oldest = Math.max(oldest, load.oldestSeconds());
      byPrefill += sum(page.series(), BLOCKED_PATCHES, "by", "prefill");
      byDecode += sum(page.series(), BLOCKED_PATCHES, "by", "decode");
      addMix(page.series(), QUEUE_IMAGES, QUEUE_PATCHES, queue);
      arrived.put(page.pod(), load.arrived());
      holding.addAll(encodersWithWork(page.series()));
    }
    Map<String, EncoderTotals> totals = new HashMap<>();
    for (Page page : scrape.pods()) {
      if (page.series() != null) {
        totals.put(page.pod(), encoder(page.series()));
      }
    }
    return new LoadSample(
        scrape.takenAt(),
        scrape.gateways().size(),
        arrived.size(),
        images,
        queued,
        outstanding,
        oldest,
        queue.build(),
        arrived,
        totals,
        new Blocked(byPrefill, byDecode),
        holding,
        scrape.pods().size() - totals.size());
  }

  /** A gateway's share of the load. */
  record GatewayLoad(
      double queuedImages,
      double queuedPatches,
      double oldestSeconds,
      Mix arrived,
      double outstandingPatches) {}

  static GatewayLoad gateway(List<Series> page) {
    return new GatewayLoad(
        required(page, QUEUE_IMAGES),
        required(page, QUEUE_PATCHES),
        required(page, OLDEST_SECONDS),
        mix(page, ARRIVED_IMAGES, ARRIVED_PATCHES),
        // One series per encoder: none while no encoder holds work.
        sum(page, OUTSTANDING_PATCHES));
  }

  private static Set<String> encodersWithWork(List<Series> page) {
    return page.stream()
        .filter(s -> s.name().equals(OUTSTANDING_PATCHES) && s.value() > 0)
        .map(s -> s.labels().getOrDefault("encoder", ""))
        .collect(Collectors.toSet());
  }

  static EncoderTotals encoder(List<Series> page) {
    return new EncoderTotals(
        required(page, ENCODER_BUSY), mix(page, ENCODER_IMAGES, ENCODER_PATCHES));
  }

  private static Mix mix(List<Series> page, String images, String patches) {
    if (!has(page, images) || !has(page, patches)) {
      return Mix.unsized(Double.NaN, Double.NaN);
    }
    Mix.Builder mix = new Mix.Builder();
    addMix(page, images, patches, mix);
    return mix.build();
  }

  private static void addMix(List<Series> page, String images, String patches, Mix.Builder to) {
    for (Series series : page) {
      boolean counts = series.name().equals(images);
      if (counts || series.name().equals(patches)) {
        OptionalInt size = Mix.sizeNamed(series.labels().getOrDefault("size", ""));
        double addedImages = counts ? series.value() : 0;
        double addedPatches = counts ? 0 : series.value();
        if (size.isPresent()) {
          to.add(size.getAsInt(), addedImages, addedPatches);
        } else {
          to.addUnsized(addedImages, addedPatches);
        }
      }
    }
  }

  private static double required(List<Series> page, String name) {
    return has(page, name) ? sum(page, name) : Double.NaN;
  }

  private static boolean has(List<Series> page, String name) {
    return page.stream().anyMatch(s -> s.name().equals(name));
  }

  static double sum(List<Series> page, String name, String label, String value) {
    return page.stream()
        .filter(s -> s.name().equals(name) && value.equals(s.labels().get(label)))
        .mapToDouble(Series::value)
        .sum();
  }

  private static double sum(List<Series> page, String name) {
    return page.stream().filter(s -> s.name().equals(name)).mapToDouble(Series::value).sum();
  }
}
