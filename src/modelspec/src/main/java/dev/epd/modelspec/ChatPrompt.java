package dev.epd.modelspec;

import java.util.List;

/** A conversation as the model reads it: token ids, with a run of image tokens for every image. */
public final class ChatPrompt {
  private final String text;
  private final int[] ids;
  private final List<ImageSpan> images;

  ChatPrompt(String text, int[] ids, List<ImageSpan> images) {
    this.text = text;
    this.ids = ids;
    this.images = List.copyOf(images);
  }

  /**
   * The rendered template with one placeholder per image; ambiguous where a user spelled a special
   * token.
   */
  public String text() {
    return text;
  }

  /** A copy of the token ids. */
  public int[] ids() {
    return ids.clone();
  }

  /** Length in tokens, images included. */
  public int length() {
    return ids.length;
  }

  /** The images in reading order. */
  public List<ImageSpan> images() {
    return images;
  }

  /** Rotary positions of every token. */
  public MRope positions() {
    return MRope.of(ids.length, images);
  }
}
