package dev.epd.modelspec;

/** A piece of a message, in the order the user wrote it. */
public sealed interface ContentPart {
  /** Words of a user, never markup: special tokens spelled in it stay plain text to the model. */
  record Text(String text) implements ContentPart {}

  /** An image, of which only the grid is known here. */
  record Image(ImageGrid grid) implements ContentPart {}
}
