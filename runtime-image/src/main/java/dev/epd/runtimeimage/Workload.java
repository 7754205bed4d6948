package dev.epd.runtimeimage;

import java.time.Duration;

/** The role of this pod, as the program sees it. */
interface Workload extends AutoCloseable {
  /** Never waits. */
  HealthServer.State state();

  /** One line about where it listens. */
  String address();

  /** Returns true as soon as work waits for pods that are not there, false if none does in time. */
  boolean awaitWork(Duration atMost) throws InterruptedException;

  /** Stops being ready and waits for running work; false if some is left when the time is over. */
  boolean drain(Duration timeout) throws InterruptedException;

  @Override
  void close();
}
