package dev.epd.gateway.queue;

/** What one worker holds. Guarded by the dispatcher's lock. */
final class Load {
  final Worker worker;

  /** Cleared once the worker may be given nothing new. */
  boolean usable = true;

  int requests;
  int images;
  long patches;

  Load(Worker worker) {
    this.worker = worker;
  }

  boolean idle() {
    return requests == 0 && images == 0;
  }
}
