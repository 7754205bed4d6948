package dev.epd.gateway.queue;

import java.util.List;

/**
 * What a request needs.
 *
 * @param tenant whose share it counts against
 * @param deadlineNanos on the clock of the dispatcher
 * @param promptTokens what prefill will have to read, images included
 * @param images empty for text alone
 */
public record Demand(String tenant, long deadlineNanos, int promptTokens, List<Picture> images) {
  public Demand {
    images = List.copyOf(images);
  }

  /**
   * One image.
   *
   * @param patches work
   * @param bytes of the file that is kept while it waits
   * @param cacheKey an encoder that has it is preferred
   */
  public record Picture(int patches, int bytes, String cacheKey) {}

  long patches() {
    return images.stream().mapToLong(Picture::patches).sum();
  }

  long bytes() {
    return images.stream().mapToLong(Picture::bytes).sum();
  }
}
