package dev.epd.runtime.model;

/**
 * Told in the engine thread when a chunk's keys and values stand in the cache, layer by layer, in
 * order.
 */
@FunctionalInterface
public interface LayerListener {
  /**
   * Keys and values of the whole chunk are written in {@code layer} (from 0). Must return quickly.
   */
  void layerWritten(int layer);

  /** Listens to nothing. */
  static LayerListener none() {
    return layer -> {};
  }
}
