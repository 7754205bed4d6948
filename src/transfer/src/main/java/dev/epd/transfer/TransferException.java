package dev.epd.transfer;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** A push or reservation failed. Messages may cross the wire: they hold no addresses. */
public final class TransferException extends IOException {
  private static final long serialVersionUID = 1L;

  private final TransferError error;

  public TransferException(TransferError error, String message) {
    this(error, message, null);
  }

  public TransferException(TransferError error, String message, @Nullable Throwable cause) {
    super(message, cause);
    this.error = error;
  }

  public TransferError error() {
    return error;
  }

  @Override
  public String toString() {
    return error + ": " + getMessage();
  }
}
