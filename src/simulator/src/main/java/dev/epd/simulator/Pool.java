package dev.epd.simulator;

import dev.epd.simulator.trace.Trace;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;

/**
 * A pool of encoders under a virtual clock: images wait in one queue, first come first served, and
 * are bound to the first encoder that is free, as the gateway does.
 *
 * <p>Exact between two scalings: every image has its own start. A pod that is removed finishes the
 * image it has; pods that are not ready go first, then the one with the least work left.
 */
final class Pool implements View {
  private final Trace trace;
  private final Setup setup;
  private final Waits waits;
  private final PodHeap takers = new PodHeap();
  private final List<Pod> pods = new ArrayList<>();
  private double now;
  private int wanted;
  private int created;
  private double billed;
  private int arrived;
  private int head;
  private int headStarted;
  private long arrivedImages;
  private double arrivedPatches;
  private long encodable;
  private long startedImages;
  private double startedPatches;

  Pool(Trace trace, Setup setup) {
    this.trace = trace;
    this.setup = setup;
    this.waits = new Waits(setup.deadlineSeconds());
    this.wanted = setup.initial();
    for (int i = 0; i < wanted; i++) {
      add(-setup.startupSeconds());
    }
  }

  /** Lets time pass. */
  void advance(double to) {
    while (arrived < trace.size() && trace.at(arrived) <= to) {
      int images = trace.images(arrived);
      int patches = trace.patches(arrived);
      arrivedImages += images;
      arrivedPatches += (double) images * patches;
      encodable += patches > 0 ? images : 0;
      arrived++;
    }
    encodeUntil(to);
    now = to;
    Iterator<Pod> gone = pods.iterator();
    while (gone.hasNext()) {
      Pod pod = gone.next();
      if (pod.endsAt <= now) {
        bill(pod, pod.endsAt);
        gone.remove();
      }
    }
  }

  private void encodeUntil(double to) {
    for (; head < arrived; head++, headStarted = 0) {
      int patches = trace.patches(head);
      if (patches == 0) {
        continue;
      }
      double at = trace.at(head);
      double seconds = setup.law().seconds(patches);
      int images = trace.images(head);
      while (headStarted < images) {
        Pod pod = takers.first();
        if (pod == null) {
          return;
        }
        double start = Math.max(at, pod.freeAt);
        if (start > to) {
          return;
        }
        pod.encode(start, seconds, patches);
        takers.firstGrew();
        waits.add(start - at, seconds);
        headStarted++;
        startedImages++;
        startedPatches += patches;
      }
    }
  }

  /** Asks for a number of replicas. */
  void scale(int replicas) {
    wanted = replicas;
    int live = 0;
    for (Pod pod : pods) {
      live += pod.isDraining() ? 0 : 1;
    }
    for (; live < replicas; live++) {
      add(now);
    }
    for (; live > replicas; live--) {
      Pod victim = victim();
      takers.remove(victim);
      victim.endsAt = victim.isReady(now) ? Math.max(now, victim.freeAt) : now;
      if (victim.endsAt <= now) {
        bill(victim, now);
        pods.remove(victim);
      }
    }
  }

  /** Work that never began counts as late once its deadline has passed. */
  void end() {
    for (; head < arrived; head++, headStarted = 0) {
      double wait = now - trace.at(head);
      if (wait > setup.deadlineSeconds() && trace.patches(head) > 0) {
        int left = trace.images(head) - headStarted;
        waits.add(wait, left * setup.law().seconds(trace.patches(head)));
      }
    }
    for (Pod pod : pods) {
      bill(pod, now);
    }
    pods.clear();
  }

  double billedSeconds() {
    return billed;
  }

  Waits waits() {
    return waits;
  }

  private void add(double at) {
    Pod pod = new Pod("encoder-" + created++, at, at + setup.startupSeconds());
    pods.add(pod);
    takers.add(pod);
  }

  private void bill(Pod pod, double until) {
    billed += until - Math.max(0, pod.createdAt());
  }

  private Pod victim() {
    Pod best = null;
    for (Pod pod : pods) {
      if (!pod.isDraining() && (best == null || goesBefore(pod, best))) {
        best = pod;
      }
    }
    if (best == null) {
      throw new IllegalStateException("no pod is left to remove");
    }
    return best;
  }

  private boolean goesBefore(Pod a, Pod b) {
    boolean startsA = !a.isReady(now);
    boolean startsB = !b.isReady(now);
    if (startsA != startsB) {
      return startsA;
    }
    return startsA ? a.createdAt() > b.createdAt() : a.freeAt < b.freeAt;
  }

  @Override
  public double now() {
    return now;
  }

  @Override
  public int wanted() {
    return wanted;
  }

  @Override
  public int min() {
    return setup.min();
  }

  @Override
  public int max() {
    return setup.max();
  }

  @Override
  public int ready() {
    int count = 0;
    for (Pod pod : pods) {
      count += !pod.isDraining() && pod.isReady(now) ? 1 : 0;
    }
    return count;
  }

  @Override
  public int starting() {
    int count = 0;
    for (Pod pod : pods) {
      count += !pod.isDraining() && !pod.isReady(now) ? 1 : 0;
    }
    return count;
  }

  @Override
  public long queuedImages() {
    return encodable - startedImages;
  }

  @Override
  public double queuedPatches() {
    return queuedImages() == 0 ? 0 : Math.max(0, arrivedPatches - startedPatches);
  }

  @Override
  public int imagesInService() {
    int count = 0;
    for (Pod pod : pods) {
      count += pod.isBusy(now) ? 1 : 0;
    }
    return count;
  }

  @Override
  public double patchesInService() {
    double sum = 0;
    for (Pod pod : pods) {
      sum += pod.patchesInService(now);
    }
    return sum;
  }

  @Override
  public double oldestWait() {
    return queuedImages() == 0 ? 0 : now - trace.at(head);
  }

  @Override
  public long arrivedRequests() {
    return arrived;
  }

  @Override
  public long arrivedImages() {
    return arrivedImages;
  }

  @Override
  public long arrivedWork() {
    return encodable;
  }

  @Override
  public double arrivedPatches() {
    return arrivedPatches;
  }

  @Override
  public List<Pod> pods() {
    return Collections.unmodifiableList(pods);
  }
}
