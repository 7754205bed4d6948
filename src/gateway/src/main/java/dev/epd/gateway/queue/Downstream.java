package dev.epd.gateway.queue;

import dev.epd.contract.Role;
import dev.epd.gateway.queue.Entry.ImageState;
import java.util.Collection;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * Who of those that wait would not be helped by more encoders: an encoder has room, places further
 * on are taken, and most of their holders do not themselves wait for embeddings.
 *
 * @param prefillRequests wait for what prefill has in hand
 * @param decodeRequests wait for a slot of an answer that is being written; both may be the case
 * @param prefillPatches images of requests that prefill holds up, in patches
 * @param decodePatches images of requests that decode alone holds up
 * @param prefillTokens prompt tokens that prefill holds up or has in hand with all their images
 */
public record Downstream(
    int prefillRequests,
    int decodeRequests,
    long prefillPatches,
    long decodePatches,
    long prefillTokens) {

  /**
   * @param inlineImages what prefill would encode itself of the request that waits first
   * @param waiting requests that have not started
   * @param inPrefill requests that hold a place at prefill
   * @param inDecode how many hold a slot at decode
   * @param hasEncoder whether an encoder has room for a request's first image
   */
  static Downstream of(
      Fleet fleet,
      boolean decoders,
      int inlineImages,
      Stream<Entry> waiting,
      Collection<Entry> inPrefill,
      int inDecode,
      Predicate<Entry> hasEncoder) {
    boolean prefillFull = fleet.leastRequests(Role.PREFILL, inlineImages) == null;
    boolean decodeFull = decoders && fleet.leastRequests(Role.DECODE, 0) == null;
    int inHand = 0;
    long tokens = 0;
    for (Entry entry : inPrefill) {
      if (entry.images.stream().noneMatch(Downstream::isAtEncoders)) {
        inHand++;
        tokens += entry.demand.promptTokens();
      }
    }
    // Places that wait for embeddings are full because of the encoders.
    int atEncoders = inPrefill.size() - inHand;
    int holders = prefillFull ? inPrefill.size() : inDecode;
    boolean free = !(prefillFull || decodeFull) || (atEncoders > 0 && 2 * atEncoders >= holders);
    if (free) {
      return new Downstream(0, 0, 0, 0, tokens);
    }
    boolean decodeHolds = decodeFull && inDecode - inPrefill.size() >= inHand;
    boolean prefillHolds = prefillFull || !decodeHolds;
    int requests = 0;
    long patches = 0;
    for (Entry entry : (Iterable<Entry>) waiting.filter(hasEncoder)::iterator) {
      requests++;
      patches += entry.demand.patches();
      tokens += prefillHolds ? entry.demand.promptTokens() : 0;
    }
    return new Downstream(
        prefillHolds ? requests : 0,
        decodeHolds ? requests : 0,
        prefillHolds ? patches : 0,
        decodeHolds && !prefillHolds ? patches : 0,
        tokens);
  }

  private static boolean isAtEncoders(ImageState image) {
    return image.waiting || image.at != null;
  }
}
