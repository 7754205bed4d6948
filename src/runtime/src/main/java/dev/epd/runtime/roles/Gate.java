package dev.epd.runtime.roles;

import java.util.concurrent.locks.ReentrantLock;

/** Counts the calls that run and lets none in once it is closed. */
final class Gate {
  private final ReentrantLock lock = new ReentrantLock();
  private int inside;
  private boolean closed;

  /**
   * False if the gate is closed; else {@link #leave} must follow.
   *
   * @param continued the call goes on with work that was let in before, so it may always enter
   */
  boolean enter(boolean continued) {
    lock.lock();
    try {
      if (closed && !continued) {
        return false;
      }
      inside++;
      return true;
    } finally {
      lock.unlock();
    }
  }

  void leave() {
    lock.lock();
    try {
      inside--;
    } finally {
      lock.unlock();
    }
  }

  void close() {
    lock.lock();
    try {
      closed = true;
    } finally {
      lock.unlock();
    }
  }

  /** Calls inside. */
  int inside() {
    lock.lock();
    try {
      return inside;
    } finally {
      lock.unlock();
    }
  }
}
