package dev.epd.gateway.media;

/**
 * What a file's header says.
 *
 * @param width pixels as stored
 * @param height pixels as stored
 * @param orientation EXIF orientation, 1..8; 1 when absent or out of range
 */
public record ImageHeader(ImageType type, int width, int height, int orientation) {

  /** Width as shown: orientations 5..8 turn the picture by 90 degrees. */
  public int shownWidth() {
    return orientation >= 5 ? height : width;
  }

  /** Height as shown. */
  public int shownHeight() {
    return orientation >= 5 ? width : height;
  }

  /** Pixels that decoding would produce. */
  public long pixels() {
    return (long) width * height;
  }
}
