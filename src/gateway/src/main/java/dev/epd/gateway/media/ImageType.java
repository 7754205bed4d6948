package dev.epd.gateway.media;

/** File types a picture may have; told by the first bytes, not by what the client declares. */
public enum ImageType {
  PNG,
  JPEG,
  GIF,
  WEBP
}
