package dev.epd.simulator;

import dev.epd.autoscaler.LoadSample.EncoderTotals;
import dev.epd.autoscaler.Mix;
import dev.epd.autoscaler.Slowness;
import dev.epd.simulator.trace.Trace;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collections;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * A pool of encoders under a virtual clock: images wait in one queue, first come first served, and
 * are bound to the first encoder that is free, as the gateway does.
 *
 * <p>Exact between two scalings: every image has its own start. A pod that is removed finishes the
 * image it has; pods that are not ready go first, slow ones, then the one with the least work left.
 */
final class Pool implements View {
  private final Trace trace;
  private final Setup setup;
  private final SplittableRandom lot;
  private final Waits waits;
  private final Mix.Builder work = new Mix.Builder();
  private final Mix.Builder queued = new Mix.Builder();
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
    this.lot = setup.fleet().lot();
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
      if (patches > 0) {
        work.add(Mix.sizeOf(patches), images, (double) images * patches);
        queued.add(Mix.sizeOf(patches), images, (double) images * patches);
      }
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
        queued.add(Mix.sizeOf(patches), -1, -patches);
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
    int node = node();
    double speed = setup.fleet().speeds().applyAsDouble(node);
    Pod pod = new Pod("encoder-" + created++, node, speed, at, at + setup.startupSeconds());
    pods.add(pod);
    takers.add(pod);
  }

  /** A free one by lot; the next one where there are more than pods will ever be. */
  private int node() {
    int nodes = setup.fleet().nodes();
    if (nodes == Integer.MAX_VALUE) {
      return created;
    }
    BitSet free = new BitSet(nodes);
    free.set(0, nodes);
    for (Pod pod : pods) {
      free.clear(pod.node());
    }
    int skip = lot.nextInt(free.cardinality());
    int node = free.nextSetBit(0);
    for (; skip > 0; skip--) {
      node = free.nextSetBit(node + 1);
    }
    return node;
  }

  private void bill(Pod pod, double until) {
    billed += until - Math.max(0, pod.createdAt());
  }

  private Pod victim() {
    Map<String, Integer> slowness = slowness();
    Pod best = null;
    for (Pod pod : pods) {
      if (!pod.isDraining() && (best == null || goesBefore(pod, best, slowness))) {
        best = pod;
      }
    }
    if (best == null) {
      throw new IllegalStateException("no pod is left to remove");
    }
    return best;
  }

  private Map<String, Integer> slowness() {
    Map<String, EncoderTotals> totals = new HashMap<>();
    for (Pod pod : pods) {
      if (setup.fleet().slowGoFirst() && !pod.isDraining() && pod.isReady(now)) {
        totals.put(pod.name(), pod.totals(now));
      }
    }
    return Slowness.steps(totals);
  }

  private boolean goesBefore(Pod a, Pod b, Map<String, Integer> slowness) {
    boolean startsA = !a.isReady(now);
    boolean startsB = !b.isReady(now);
    if (startsA != startsB) {
      return startsA;
    }
    if (startsA) {
      return a.createdAt() > b.createdAt();
    }
    int behind = slowness.getOrDefault(a.name(), 0) - slowness.getOrDefault(b.name(), 0);
    return behind == 0 ? a.freeAt < b.freeAt : behind > 0;
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
  public Mix work() {
    return work.build();
  }

  @Override
  public Mix queued() {
    return queued.build();
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
