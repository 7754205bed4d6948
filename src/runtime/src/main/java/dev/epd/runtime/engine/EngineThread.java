package dev.epd.runtime.engine;

import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one thread that calls the tensor library: native state, thread pools and memory are confined
 * to it. It takes one step of each lane in turn and sleeps when none has work. What a step throws
 * is the lane's to hand to the work concerned; only a broken process (linkage, internal virtual
 * machine or device errors) ends the thread, after which {@link #alive} is false for good.
 */
public final class EngineThread implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(EngineThread.class);

  /** A kind of work. All methods run in the engine thread. */
  public interface Lane {
    /** Does at most one step and says whether there was anything to do. */
    boolean step();

    /** Fails all work: nothing will be computed any more. */
    void abandon(Throwable cause);
  }

  private final List<Lane> lanes = new CopyOnWriteArrayList<>();
  private final ConcurrentLinkedQueue<Runnable> errands = new ConcurrentLinkedQueue<>();
  private final AtomicBoolean signalled = new AtomicBoolean();
  private final Thread thread;
  private volatile boolean closed;
  private volatile boolean broken;

  /** Starts the thread. */
  public EngineThread() {
    thread = Thread.ofPlatform().name("engine").unstarted(this::loop);
    thread.start();
  }

  /** Adds a lane; it is asked for steps from now on. */
  public void add(Lane lane) {
    lanes.add(lane);
    wake();
  }

  /** Runs something once, between two steps. */
  public <T> CompletableFuture<T> call(Callable<T> errand) {
    CompletableFuture<T> result = new CompletableFuture<>();
    if (closed || broken) {
      result.completeExceptionally(new RejectedExecutionException("the engine has stopped"));
      return result;
    }
    errands.add(
        () -> {
          try {
            result.complete(errand.call());
          } catch (Throwable e) {
            result.completeExceptionally(e);
            throwIfFatal(e);
          }
        });
    wake();
    return result;
  }

  /** To be called after a lane was given work. */
  public void wake() {
    if (signalled.compareAndSet(false, true)) {
      LockSupport.unpark(thread);
    }
  }

  /**
   * False once the process cannot compute any more and must be replaced. Never waits for a step.
   */
  public boolean alive() {
    return !broken && (thread.isAlive() || closed);
  }

  /** Whether this is the engine thread. */
  public boolean isCurrent() {
    return Thread.currentThread() == thread;
  }

  private void loop() {
    Throwable end = new RejectedExecutionException("the engine has stopped");
    try {
      while (!closed) {
        signalled.set(false);
        runErrands();
        boolean worked = false;
        for (Lane lane : lanes) {
          worked |= lane.step();
        }
        if (!worked && !signalled.get() && !closed) {
          LockSupport.park(this);
        }
      }
    } catch (Throwable e) {
      broken = true;
      end = e;
      LOG.error(
          "the engine is broken and computes nothing any more; this process must be replaced", e);
    }
    for (Lane lane : lanes) {
      abandon(lane, end);
    }
    runRemainingErrands();
  }

  private void runErrands() {
    for (Runnable errand = errands.poll(); errand != null; errand = errands.poll()) {
      errand.run();
    }
  }

  /** Closing errands (freeing a model) still run in this thread, even when it broke. */
  private void runRemainingErrands() {
    try {
      runErrands();
    } catch (Throwable e) {
      LOG.warn("an errand failed while the engine stopped", e);
    }
  }

  private static void abandon(Lane lane, Throwable cause) {
    try {
      lane.abandon(cause);
    } catch (RuntimeException e) {
      LOG.warn("a lane could not tell its work that the engine stopped", e);
    }
  }

  /**
   * Whether no later step can survive this: errors of the virtual machine other than exhausted
   * memory, missing native code, a lost device.
   */
  static boolean isFatal(Throwable e) {
    if (e instanceof OutOfMemoryError
        || e instanceof StackOverflowError
        || e instanceof AssertionError) {
      return false;
    }
    for (Throwable cause = e; cause != null; cause = cause.getCause()) {
      String message = cause.getMessage();
      if (message != null && message.contains("CUDA error")) {
        return true;
      }
    }
    return e instanceof Error;
  }

  /** For lanes: ends the thread, after the work concerned was failed, if {@code e} is fatal. */
  static void throwIfFatal(Throwable e) {
    if (isFatal(e)) {
      if (e instanceof Error error) {
        throw error;
      }
      throw new IllegalStateException(e);
    }
  }

  /** Lets the step that runs end, fails the rest, waits for the thread. */
  @Override
  public void close() {
    closed = true;
    wake();
    LockSupport.unpark(thread);
    if (!isCurrent()) {
      boolean interrupted = false;
      while (thread.isAlive()) {
        try {
          thread.join();
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
