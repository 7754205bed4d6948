package dev.epd.gateway.queue;

import dev.epd.contract.Role;
import java.util.ArrayList;
import java.util.Collection;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The workers, what each holds, and which encoder last had which image. Guarded by the dispatcher's
 * lock.
 */
final class Fleet {
  private static final int REMEMBERED_IMAGES = 16_384;

  private final Map<Worker, Load> loads = new IdentityHashMap<>();
  private final List<Load> ordered = new ArrayList<>();
  private final Map<String, Worker> lastEncoder =
      new LinkedHashMap<>(64, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Worker> eldest) {
          return size() > REMEMBERED_IMAGES;
        }
      };

  /** Returns workers that are gone and hold nothing. */
  List<Worker> set(Collection<? extends Worker> usable) {
    for (Load load : ordered) {
      load.usable = false;
    }
    for (Worker worker : usable) {
      Load load = loads.get(worker);
      if (load == null) {
        load = new Load(worker);
        loads.put(worker, load);
        ordered.add(load);
      }
      load.usable = true;
    }
    List<Worker> idle =
        ordered.stream().filter(l -> !l.usable && l.idle()).map(l -> l.worker).toList();
    idle.forEach(this::forget);
    return idle;
  }

  private void forget(Worker worker) {
    loads.remove(worker);
    ordered.removeIf(l -> l.worker == worker);
    lastEncoder.values().removeIf(w -> w == worker);
  }

  /**
   * Takes the change off again when {@code sign} is -1. Returns whether the worker can be closed.
   */
  boolean add(Worker worker, int sign, int requests, int images, long patches) {
    Load load = loads.get(worker);
    if (load == null) {
      return false;
    }
    load.requests += sign * requests;
    load.images += sign * images;
    load.patches += sign * patches;
    if (!load.usable && load.idle()) {
      forget(worker);
      return true;
    }
    return false;
  }

  /** The worker of the role with the fewest requests and room for one more, or null. */
  @Nullable Worker leastRequests(Role role, int inlineImages) {
    Load best = null;
    for (Load load : ordered) {
      if (load.usable
          && load.worker.role() == role
          && load.requests < load.worker.maxRequests()
          && (inlineImages == 0
              || load.images == 0
              || load.images + inlineImages <= load.worker.maxImages())
          && (best == null || load.requests < best.requests)) {
        best = load;
      }
    }
    return best == null ? null : best.worker;
  }

  /**
   * The encoder to send an image to: the one that had it last, else the one with the least
   * outstanding work; null when none has room. Encoders that failed on it come last, and are asked
   * again only when there is no other.
   */
  @Nullable Worker encoder(String cacheKey, Set<Worker> failed) {
    boolean others = ordered.stream().anyMatch(l -> isEncoder(l) && !failed.contains(l.worker));
    Load best = null;
    Worker last = lastEncoder.get(cacheKey);
    for (Load load : ordered) {
      if (!isEncoder(load)
          || load.images >= load.worker.maxImages()
          || (others && failed.contains(load.worker))) {
        continue;
      }
      if (load.worker == last) {
        return last;
      }
      if (best == null || load.patches < best.patches) {
        best = load;
      }
    }
    return best == null ? null : best.worker;
  }

  private static boolean isEncoder(Load load) {
    return load.usable && load.worker.role() == Role.ENCODER;
  }

  void remember(String cacheKey, Worker encoder) {
    lastEncoder.put(cacheKey, encoder);
  }

  /** Forgets it after a failure there. */
  void doubt(String cacheKey, Worker encoder) {
    lastEncoder.remove(cacheKey, encoder);
  }

  long patches(String podName) {
    return ordered.stream()
        .filter(l -> l.worker.podName().equals(podName))
        .mapToLong(l -> l.patches)
        .sum();
  }
}
