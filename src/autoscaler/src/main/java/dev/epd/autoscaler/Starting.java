package dev.epd.autoscaler;

import dev.epd.autoscaler.PoolState.Phase;
import dev.epd.autoscaler.PoolState.Replica;
import java.time.Instant;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What was on its way at a look.
 *
 * @param names pods that had not been ready yet
 * @param missingSince since when there have been fewer pods than wanted; null = there were not
 */
public record Starting(Set<String> names, @Nullable Instant missingSince) {
  /** Nothing. */
  public static final Starting NONE = new Starting(Set.of(), null);

  /** Copies the set. */
  public Starting {
    names = Set.copyOf(names);
  }

  Starting with(PoolState pool, Instant now) {
    Set<String> starting = new HashSet<>();
    int there = 0;
    for (Replica replica : pool.replicas()) {
      there += replica.phase().counts() ? 1 : 0;
      if (replica.phase() == Phase.STARTING && !replica.returns()) {
        starting.add(replica.name());
      }
    }
    boolean complete = there >= pool.wanted();
    return new Starting(starting, complete ? null : missingSince != null ? missingSince : now);
  }
}
