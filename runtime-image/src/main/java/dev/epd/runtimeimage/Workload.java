package dev.epd.runtimeimage;

import java.time.Duration;

/** The role of this pod, as the program sees it. */
interface Workload extends AutoCloseable {
  /** Never waits. */
  HealthServer.State state();

  /** One line about where it listens. */
  String address();

  /** Stops being ready and waits for running work; false if some is left when the time is over. */
  boolean drain(Duration timeout) throws InterruptedException;

  @Override
  void close();
}
