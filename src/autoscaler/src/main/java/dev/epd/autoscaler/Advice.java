package dev.epd.autoscaler;

import dev.epd.autoscaler.PoolState.Phase;
import dev.epd.autoscaler.PoolState.Replica;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * What a decision that nobody acts on is made of: the pool as it would be, had the last
 * recommendation been followed, and no more backlog than it would have. Otherwise a queue that
 * nobody serves would ask for ever more, and the recommendation would change with every look.
 */
final class Advice {
  private Advice() {}

  static PoolState pool(PoolState real, ScalerMemory memory) {
    Course.Unheeded last = memory.course().unheeded();
    if (last == null || last.recommended() == real.wanted()) {
      return real;
    }
    int recommended = last.recommended();
    List<Replica> replicas = new ArrayList<>();
    int alive = 0;
    for (Replica replica : Staying.inOrder(real, memory)) {
      if (alive < recommended) {
        replicas.add(replica);
        alive++;
      }
    }
    for (Replica replica : real.replicas()) {
      boolean starts = replica.phase() == Phase.STARTING;
      if (!replica.phase().counts() || (starts && alive < recommended)) {
        replicas.add(replica);
        alive += starts ? 1 : 0;
      }
    }
    for (; alive < recommended && real.wanted() < recommended; alive++) {
      replicas.add(new Replica("recommended-" + alive, Phase.READY, Duration.ZERO));
    }
    return new PoolState(
        recommended,
        real.min(),
        real.max(),
        replicas,
        real.minBy(),
        real.maxBy(),
        real.startLimit());
  }

  /** What came before the last start-up time and the target wait would have been done. */
  static Look bounded(Look look, PolicySettings policy, ScalerMemory memory) {
    LoadSample sample = look.images();
    if (sample == null) {
      return look;
    }
    Duration reach = memory.learned().startupOrAssumed().plus(policy.targetWait());
    double seconds = reach.toNanos() / 1e9;
    double most =
        Math.max(memory.averages().slow() * seconds, memory.history().arrivedWithin(seconds));
    // What arrived is counted at its cost, the queue is not yet.
    double cost = sample.atCost(memory.fit(), memory.learned().overheadPatches()).queuedPatches();
    double each = sample.queuedPatches() > 0 ? cost / sample.queuedPatches() : 1;
    return look.withImages(sample.withBacklogAtMost(most / each));
  }
}
