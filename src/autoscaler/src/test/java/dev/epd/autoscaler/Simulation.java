package dev.epd.autoscaler;

import dev.epd.autoscaler.LoadSample.EncoderTotals;
import dev.epd.autoscaler.PoolState.Phase;
import dev.epd.autoscaler.PoolState.Replica;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.IntToDoubleFunction;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * A pool of encoders under a virtual clock, one step a second: work arrives, ready replicas encode
 * it at a fixed rate, new ones are ready after a fixed start-up time.
 */
final class Simulation {
  static final double RATE = 1000;

  private final Duration startup;
  private final int min;
  private final int max;
  private PolicySettings policy;
  private final Map<String, Instant> pods = new HashMap<>();
  private final Map<String, EncoderTotals> totals = new HashMap<>();
  private final List<Decision> decisions = new ArrayList<>();
  private final Set<String> broken = new HashSet<>();
  private Instant now = Instant.EPOCH;

  /** Since when no pod is ready; null = they are. */
  private @Nullable Instant flapping;

  private ScalerMemory memory;
  private int wanted;
  private int created;
  private double arrived;
  private double queued;
  private double oldest;

  Simulation(Duration startup, int wanted, int min, int max, PolicySettings policy) {
    this.startup = startup;
    this.wanted = wanted;
    this.min = min;
    this.max = max;
    this.policy = policy;
    this.memory = ScalerMemory.takeOver(Learned.NOTHING, now);
    for (int i = 0; i < wanted; i++) {
      pods.put("pod-" + created++, now.minus(startup));
    }
  }

  /** Runs whole seconds; {@code arrivals} gives the patches that arrive in each. */
  Simulation run(int seconds, IntToDoubleFunction arrivals) {
    return run(seconds, arrivals, UnaryOperator.identity());
  }

  /** The same with a fault: what the scaler is shown in place of the truth. */
  Simulation run(int seconds, IntToDoubleFunction arrivals, UnaryOperator<LoadSample> seenThrough) {
    for (int second = 0; second < seconds; second++) {
      now = now.plusSeconds(1);
      double patches = arrivals.applyAsDouble(second);
      arrived += patches;
      queued += patches;
      encode();
      Decision decision = Scaler.decide(seenThrough.apply(sample()), pool(), policy, memory, now);
      memory = decision.memory();
      decisions.add(decision);
      if (policy.mode() == PolicySettings.Mode.AUTO) {
        scaleTo(decision.to());
      }
    }
    return this;
  }

  /** The same pool goes on under another policy. */
  Simulation under(PolicySettings other) {
    policy = other;
    return this;
  }

  /** Another hand sets the number. */
  Simulation byHand(int replicas) {
    scaleTo(replicas);
    return this;
  }

  /** What a new leader knows. */
  Simulation restartScaler() {
    memory = ScalerMemory.takeOver(memory.learned(), now);
    return this;
  }

  /** The clock is set. */
  Simulation setClock(Duration forward) {
    now = now.plus(forward);
    pods.replaceAll((name, since) -> since.plus(forward));
    return this;
  }

  /** Of the pods that are there, so many more will never be ready again. */
  Simulation breakPods(int count) {
    pods.keySet().stream()
        .filter(pod -> !broken.contains(pod))
        .limit(count)
        .toList()
        .forEach(broken::add);
    return this;
  }

  /** All pods are unready for as long as they like. */
  Simulation flap(boolean flaps) {
    flapping = flaps ? now : null;
    return this;
  }

  /** A gateway that starts again counts from zero. */
  Simulation restartGateway() {
    arrived = 0;
    return this;
  }

  int wanted() {
    return wanted;
  }

  double queued() {
    return queued;
  }

  List<Decision> decisions() {
    return decisions;
  }

  Decision last() {
    return decisions.getLast();
  }

  int peak() {
    return decisions.stream().mapToInt(Decision::to).max().orElse(wanted);
  }

  ScalerMemory memory() {
    return memory;
  }

  private void encode() {
    List<String> ready = pods.keySet().stream().filter(this::isReady).toList();
    double share = ready.isEmpty() ? 0 : Math.min(RATE, queued / ready.size());
    for (String name : ready) {
      EncoderTotals before = totals.getOrDefault(name, new EncoderTotals(0, 0, 0));
      totals.put(
          name,
          new EncoderTotals(
              before.busySeconds() + share / RATE, before.done().patches() + share, 0));
    }
    queued = Math.max(0, queued - share * ready.size());
    oldest = queued > 0 ? oldest + 1 : 0;
  }

  private LoadSample sample() {
    Map<String, EncoderTotals> encoders = new HashMap<>(totals);
    encoders.keySet().retainAll(pods.keySet());
    return new LoadSample(
        now, 1, 1, Math.ceil(queued / 100), queued, 0, oldest, Map.of("gw", arrived), encoders);
  }

  private PoolState pool() {
    List<Replica> replicas = new ArrayList<>();
    pods.forEach(
        (name, since) -> {
          boolean returns = flapping != null && flapping.isAfter(since.plus(startup));
          replicas.add(
              new Replica(
                  name,
                  isReady(name) ? Phase.READY : Phase.STARTING,
                  Duration.between(returns ? flapping : since, now),
                  returns));
        });
    return new PoolState(wanted, min, max, replicas);
  }

  private boolean isReady(String name) {
    Instant since = pods.get(name);
    return since != null
        && flapping == null
        && !broken.contains(name)
        && !now.isBefore(since.plus(startup));
  }

  private void scaleTo(int replicas) {
    wanted = replicas;
    while (pods.size() < replicas) {
      pods.put("pod-" + created++, now);
    }
    while (pods.size() > replicas) {
      String victim =
          pods.keySet().stream()
              .filter(p -> !isReady(p))
              .findFirst()
              .orElseGet(() -> pods.keySet().iterator().next());
      pods.remove(victim);
    }
  }
}
