package dev.epd.gateway.http;

/** What answers {@code POST /v1/chat/completions}. */
public interface ChatHandler {
  /**
   * Called on a virtual thread of its own. Must answer the exchange before it returns; one that
   * does not is answered with 500.
   */
  void handle(byte[] body, Caller caller, Exchange exchange);
}
