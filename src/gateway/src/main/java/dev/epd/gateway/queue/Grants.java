package dev.epd.gateway.queue;

import org.jspecify.annotations.Nullable;

/** Told of places as they are granted. Called under the dispatcher's lock: note it and return. */
public interface Grants {

  /**
   * The request may start: it holds a place at prefill and, where that pool exists, at decode. With
   * images, the place of the first one follows at once.
   */
  void started(Worker prefill, @Nullable Worker decode);

  /** The image holds a place at this encoder until it is given back. */
  void placed(int image, Worker encoder);
}
