package dev.epd.gateway.http;

/** The client closed the connection, or takes nothing for too long and has been cut. */
public final class ClientGoneException extends Exception {
  private static final long serialVersionUID = 1L;

  ClientGoneException(String message) {
    super(message, null, false, false);
  }
}
