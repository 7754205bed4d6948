package dev.epd.gateway.routing;

import dev.epd.contract.v1.Sampling;
import dev.epd.gateway.media.ScannedImage;
import dev.epd.gateway.queue.Demand;
import dev.epd.modelspec.ImageSpan;
import java.util.List;

/**
 * A request ready to be sent to the roles. Holds nothing of the body but the image files.
 *
 * @param id {@code chatcmpl-...}, made here
 * @param tenant empty when there is but one
 * @param images in reading order, beside {@code spans} and {@code imageParams}
 * @param spans where their tokens stand
 * @param imageParams names of their places in the request, for errors
 * @param sampling the seed is fixed, so that another attempt draws the same tokens
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
record PreparedRequest(
    String id,
    String tenant,
    int[] inputIds,
    List<ScannedImage> images,
    List<ImageSpan> spans,
    List<String> imageParams,
    Sampling sampling,
    List<String> stop,
    boolean stream,
    boolean includeUsage) {

  List<Demand.Picture> pictures() {
    return images.stream()
        .map(i -> new Demand.Picture(i.grid().patches(), i.file().length, i.cacheKey()))
        .toList();
  }

  boolean endsWith(int token) {
    return sampling.getStopTokenIdsList().contains(token);
  }
}
