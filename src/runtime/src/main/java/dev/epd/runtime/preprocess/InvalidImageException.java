package dev.epd.runtime.preprocess;

/**
 * The bytes are not a picture this runtime can read. The message is fit for a client: it names the
 * fault in general words and never what a decoder said.
 */
public final class InvalidImageException extends Exception {
  private static final long serialVersionUID = 1L;

  public InvalidImageException(String message) {
    super(message);
  }

  public InvalidImageException(String message, Throwable cause) {
    super(message, cause);
  }
}
