package dev.epd.gateway.endpoints;

import java.util.Collection;
import java.util.function.Consumer;

/** Tells which pods exist. The only authority for addresses: nobody else may name a peer. */
public interface EndpointSource extends AutoCloseable {

  /**
   * Starts watching. The listener gets the complete set, once at first and again after each change,
   * never two calls at once. Called once.
   */
  void start(Consumer<Collection<Endpoint>> listener);

  /** Stops watching; the listener is not called any more. */
  @Override
  void close();
}
