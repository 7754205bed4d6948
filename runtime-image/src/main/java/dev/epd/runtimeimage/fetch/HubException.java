package dev.epd.runtimeimage.fetch;

import java.io.IOException;

/** What the hub says no to, or does not have: asking again gives the same answer. */
final class HubException extends IOException {
  private static final long serialVersionUID = 1L;

  HubException(String message) {
    super(message);
  }
}
