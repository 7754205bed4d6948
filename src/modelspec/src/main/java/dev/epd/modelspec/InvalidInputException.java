package dev.epd.modelspec;

/** Input of a request that this model cannot take; the message is fit to be shown to the client. */
public final class InvalidInputException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** What is wrong, for callers that map it to an error code. */
  public enum Reason {
    /** No positive width and height, or sides that differ more than 200-fold. */
    IMAGE_SHAPE,
    /** More pixels than allowed. */
    IMAGE_PIXELS,
    /** More bytes than allowed. */
    IMAGE_BYTES,
    /** More images in one request than allowed. */
    IMAGE_COUNT,
    /** More tokens than the model's context holds. */
    CONTEXT_LENGTH,
    /** Messages that the model's chat template refuses, or text that cannot be represented. */
    MESSAGES
  }

  private final Reason reason;

  public InvalidInputException(Reason reason, String message) {
    super(message);
    this.reason = reason;
  }

  public Reason reason() {
    return reason;
  }
}
