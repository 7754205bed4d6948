package dev.epd.contract;

import java.time.Instant;
import java.time.temporal.ChronoUnit;

/**
 * The right to push one reservation's tensors: what, where to, for whom and until when. Minted by
 * the gateway, carried by the pusher, checked by the receiver.
 *
 * @param kind what is pushed
 * @param reservationId names the receiver's buffers; unique over all pods
 * @param part the one part that may be pushed (an image's index), or {@link #ALL_PARTS}
 * @param epoch counts attempts; the receiver refuses a lower one than it has seen
 * @param host the receiver's address
 * @param port the receiver's transfer port
 * @param modelFingerprint the model both ends must run
 * @param requestId the request the tensors belong to
 * @param tenant whose request it is; empty when there is but one
 * @param expiry to the millisecond; no push may begin after it
 */
public record Ticket(
    Kind kind,
    String reservationId,
    int part,
    long epoch,
    String host,
    int port,
    String modelFingerprint,
    String requestId,
    String tenant,
    Instant expiry) {

  /** Value of {@link #part} that covers the whole reservation. */
  public static final int ALL_PARTS = -1;

  /** Longest text field, in UTF-8 bytes. */
  static final int MAX_TEXT_BYTES = 256;

  /** What a ticket lets one push. */
  public enum Kind {
    /** One image's embeddings, from encoder to prefill. */
    EMBEDDINGS,
    /** The KV cache of a prompt, every layer, from prefill to decode. */
    KV
  }

  /**
   * @throws IllegalArgumentException if a field is out of its range
   */
  public Ticket {
    requireText("reservationId", reservationId);
    requireText("host", host);
    requireText("modelFingerprint", modelFingerprint);
    requireText("requestId", requestId);
    if (!tenant.isEmpty()) {
      requireText("tenant", tenant);
    }
    if (part < ALL_PARTS) {
      throw new IllegalArgumentException("part must be " + ALL_PARTS + " (all) or an index");
    }
    if (epoch < 0) {
      throw new IllegalArgumentException("epoch must not be negative");
    }
    if (port < 1 || port > 65535) {
      throw new IllegalArgumentException("port must be within 1 to 65535");
    }
    expiry = expiry.truncatedTo(ChronoUnit.MILLIS);
  }

  /** A ticket for one image's embeddings. */
  public static Ticket forImage(
      String reservationId,
      int imageIndex,
      long epoch,
      String host,
      int port,
      String modelFingerprint,
      String requestId,
      Instant expiry) {
    return new Ticket(
        Kind.EMBEDDINGS,
        reservationId,
        imageIndex,
        epoch,
        host,
        port,
        modelFingerprint,
        requestId,
        "",
        expiry);
  }

  /** A ticket for the KV cache of a whole prompt. */
  public static Ticket forKv(
      String reservationId,
      long epoch,
      String host,
      int port,
      String modelFingerprint,
      String requestId,
      Instant expiry) {
    return new Ticket(
        Kind.KV,
        reservationId,
        ALL_PARTS,
        epoch,
        host,
        port,
        modelFingerprint,
        requestId,
        "",
        expiry);
  }

  /** The same ticket for a tenant. */
  public Ticket withTenant(String newTenant) {
    return new Ticket(
        kind,
        reservationId,
        part,
        epoch,
        host,
        port,
        modelFingerprint,
        requestId,
        newTenant,
        expiry);
  }

  /** Whether this ticket lets its bearer push that part. */
  public boolean covers(int partIndex) {
    return part == ALL_PARTS || part == partIndex;
  }

  private static void requireText(String field, String value) {
    if (value.isEmpty()) {
      throw new IllegalArgumentException(field + " must not be empty");
    }
    // A char is at most 3 bytes in UTF-8 (a surrogate pair 4 for its 2).
    if (value.length() * 3L > MAX_TEXT_BYTES
        && value.getBytes(java.nio.charset.StandardCharsets.UTF_8).length > MAX_TEXT_BYTES) {
      throw new IllegalArgumentException(field + " is longer than " + MAX_TEXT_BYTES + " bytes");
    }
  }
}
