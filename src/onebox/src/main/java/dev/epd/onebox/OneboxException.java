package dev.epd.onebox;

/** Something that onebox needs could not be had; the message says what to do. */
public final class OneboxException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public OneboxException(String message) {
    super(message);
  }

  public OneboxException(String message, Throwable cause) {
    super(message, cause);
  }
}
