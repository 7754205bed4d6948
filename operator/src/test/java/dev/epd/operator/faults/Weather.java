package dev.epd.operator.faults;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * What lies between the operator and the API server for a while. Asked by many threads at once;
 * what is not overridden is fair.
 */
interface Weather {
  Weather CALM = new Weather() {};

  /** Whether nothing gets through: requests go unanswered, their connections break. */
  default boolean isDown() {
    return false;
  }

  /** An answer in place of the server's; null: the server is asked. */
  default @Nullable HttpMessage answer(HttpMessage request) throws IOException {
    return null;
  }

  /** A watch has begun; nothing has come through it yet. */
  default void onOpen(WatchStream stream) throws IOException {}

  /** An event has come from the server: passes it on, or does not. */
  default void onEvent(WatchEvent event, WatchStream to) throws IOException {
    to.send(event);
  }
}
