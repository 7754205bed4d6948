package dev.epd.modelspec;

/**
 * Turns token ids that arrive one by one into text. A character whose bytes are spread over several
 * tokens comes out whole, with the token that completes it. The pieces joined equal {@link
 * Tokenizer#decode} of all ids. Not thread-safe.
 *
 * <p>Bytes that are not UTF-8 become U+FFFD, one for each longest run that could have begun a
 * character (Unicode 3.9, "substitution of maximal subparts"), which is what the reference does;
 * the JDK's decoder differs in some cases.
 */
public final class TokenStream {
  private final Tokenizer tokenizer;

  /** Bytes the current character still needs; 0 between characters. */
  private int needed;

  /** What the next continuation byte must lie between. */
  private int lower = 0x80;

  private int upper = 0xBF;

  /** The bits of the current character so far. */
  private int codePoint;

  TokenStream(Tokenizer tokenizer) {
    this.tokenizer = tokenizer;
  }

  /** The text this token completes; empty for special tokens and inside a character. */
  public String append(int id) {
    StringBuilder text = new StringBuilder();
    for (byte b : tokenizer.bytes(id)) {
      accept(b & 0xFF, text);
    }
    return text.toString();
  }

  /**
   * What is left at the end: U+FFFD for a character that never became complete. The stream can be
   * used again.
   */
  public String flush() {
    boolean cut = needed > 0;
    needed = 0;
    return cut ? "\uFFFD" : "";
  }

  private void accept(int b, StringBuilder text) {
    if (needed > 0) {
      if (b >= lower && b <= upper) {
        codePoint = codePoint << 6 | (b & 0x3F);
        lower = 0x80;
        upper = 0xBF;
        if (--needed == 0) {
          text.appendCodePoint(codePoint);
        }
        return;
      }
      // The character is broken off; this byte begins the next one.
      needed = 0;
      text.append('\uFFFD');
    }
    begin(b, text);
  }

  /** Bounds on the second byte exclude overlong forms, surrogates and values beyond U+10FFFF. */
  private void begin(int b, StringBuilder text) {
    lower = b == 0xE0 ? 0xA0 : b == 0xF0 ? 0x90 : 0x80;
    upper = b == 0xED ? 0x9F : b == 0xF4 ? 0x8F : 0xBF;
    if (b < 0x80) {
      text.append((char) b);
    } else if (b >= 0xC2 && b <= 0xDF) {
      needed = 1;
      codePoint = b & 0x1F;
    } else if (b >= 0xE0 && b <= 0xEF) {
      needed = 2;
      codePoint = b & 0x0F;
    } else if (b >= 0xF0 && b <= 0xF4) {
      needed = 3;
      codePoint = b & 0x07;
    } else {
      text.append('\uFFFD');
    }
  }
}
