package dev.epd.transfer;

import dev.epd.contract.Ticket;
import java.time.Instant;
import java.util.List;

/**
 * Memory held for tensors that are to come.
 *
 * @param kind decides what a later attempt replaces. EMBEDDINGS: each part (image) has attempts of
 *     its own, and once received it is final. KV: an attempt concerns all parts (layers), and the
 *     whole is final once every part was received. What is final is never written again: a later
 *     attempt is told that the bytes are held and gets its acks.
 * @param reservationId unique over all pods and never used again
 * @param epoch the lowest that is accepted
 * @param requestId must be the ticket's
 * @param fingerprint the model; must be the ticket's
 * @param parts distinct, at least one
 * @param expiry the lease: after it the reservation fails by itself
 * @param listener told of progress
 */
public record ReservationSpec(
    Ticket.Kind kind,
    String reservationId,
    long epoch,
    String requestId,
    String fingerprint,
    List<PartSpec> parts,
    Instant expiry,
    ReservationListener listener) {
  public ReservationSpec {
    parts = List.copyOf(parts);
    if (parts.isEmpty() || parts.size() > Hello.MAX_PARTS) {
      throw new IllegalArgumentException("a reservation has 1 to " + Hello.MAX_PARTS + " parts");
    }
    if (parts.stream().map(p -> p.capacity().part()).distinct().count() != parts.size()) {
      throw new IllegalArgumentException("two parts have the same number");
    }
  }
}
