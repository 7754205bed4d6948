package dev.epd.gateway.media;

/** The bytes are no picture of a supported type, or its header is damaged. */
public final class ImageHeaderException extends Exception {
  private static final long serialVersionUID = 1L;

  ImageHeaderException(String message) {
    super(message);
  }
}
