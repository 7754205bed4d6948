package dev.epd.simulator.trace;

/** Takes requests in the order of their times. */
@FunctionalInterface
public interface Requests {
  /**
   * One request.
   *
   * @param seconds when it arrives, since the beginning of the trace
   * @param images images in it; 0 for text alone
   * @param patches patches of each image that have to be encoded; 0 when they are cached
   * @param textTokens tokens of text
   * @param outputTokens tokens that it will generate
   */
  void accept(double seconds, int images, int patches, int textTokens, int outputTokens);
}
