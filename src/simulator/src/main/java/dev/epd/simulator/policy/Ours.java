package dev.epd.simulator.policy;

import dev.epd.autoscaler.Decision;
import dev.epd.autoscaler.Learned;
import dev.epd.autoscaler.LoadSample;
import dev.epd.autoscaler.LoadSample.EncoderTotals;
import dev.epd.autoscaler.PolicySettings;
import dev.epd.autoscaler.PoolState;
import dev.epd.autoscaler.PoolState.Phase;
import dev.epd.autoscaler.PoolState.Replica;
import dev.epd.autoscaler.Scaler;
import dev.epd.autoscaler.ScalerMemory;
import dev.epd.simulator.Pod;
import dev.epd.simulator.Policy;
import dev.epd.simulator.View;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** The operator's own decision, fed with the samples that its metrics would give. */
public final class Ours implements Policy {
  private final String name;
  private final PolicySettings settings;
  private final double rateError;
  private final double startupError;
  private final UnaryOperator<LoadSample> fault;
  private ScalerMemory memory;
  private @Nullable Decision last;

  /** The same as one that begins with what another has learned, right or wrong. */
  public Ours(String name, PolicySettings settings, Learned learned) {
    this(name, settings);
    this.memory = ScalerMemory.takeOver(learned, Instant.EPOCH);
  }

  /** The decision with the given settings; learns everything from nothing. */
  public Ours(String name, PolicySettings settings) {
    this(name, settings, 1, 1, UnaryOperator.identity());
  }

  /**
   * The same under errors.
   *
   * @param rateError factor on the service rate that encoders report
   * @param startupError factor on the ages of pods
   * @param fault what is seen in place of a sample
   */
  public Ours(
      String name,
      PolicySettings settings,
      double rateError,
      double startupError,
      UnaryOperator<LoadSample> fault) {
    this.name = name;
    this.settings = settings;
    this.rateError = rateError;
    this.startupError = startupError;
    this.fault = fault;
    this.memory = ScalerMemory.takeOver(Learned.NOTHING, Instant.EPOCH);
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public boolean wakesAtOnce() {
    return true;
  }

  @Override
  public int decide(View pool) {
    return look(pool).decide();
  }

  /** What the decision will be made of; apart, so that its cost can be measured alone. */
  public Look look(View pool) {
    Instant now = Instant.EPOCH.plusNanos(Math.round(pool.now() * 1e9));
    return new Look(this, fault.apply(sample(pool, now)), state(pool), now);
  }

  /** One look at a pool. */
  public record Look(Ours policy, LoadSample sample, PoolState pool, Instant now) {
    /** Decides on it. */
    public int decide() {
      Decision decision = Scaler.decide(sample, pool, policy.settings, policy.memory, now);
      policy.memory = decision.memory();
      policy.last = decision;
      return decision.to();
    }
  }

  /** The last decision; null before the first. */
  public @Nullable Decision last() {
    return last;
  }

  private LoadSample sample(View pool, Instant now) {
    Map<String, EncoderTotals> encoders = new HashMap<>();
    Set<String> holding = new HashSet<>();
    for (Pod pod : pool.pods()) {
      if (!pod.isDraining() && pod.isReady(pool.now())) {
        EncoderTotals done = pod.totals(pool.now());
        encoders.put(pod.name(), new EncoderTotals(done.busySeconds() / rateError, done.done()));
        if (pod.isBusy(pool.now())) {
          holding.add(pod.name());
        }
      }
    }
    return new LoadSample(
        now,
        1,
        1,
        pool.queuedImages(),
        pool.queuedPatches(),
        pool.patchesInService(),
        pool.oldestWait(),
        pool.queued(),
        Map.of("gateway", pool.work()),
        encoders,
        LoadSample.Blocked.NOTHING,
        holding,
        0);
  }

  private PoolState state(View pool) {
    List<Replica> replicas = new ArrayList<>();
    for (Pod pod : pool.pods()) {
      Phase phase =
          pod.isDraining()
              ? Phase.DRAINING
              : pod.isReady(pool.now()) ? Phase.READY : Phase.STARTING;
      double age = (pool.now() - pod.createdAt()) * startupError;
      replicas.add(new Replica(pod.name(), phase, Duration.ofNanos(Math.round(age * 1e9))));
    }
    return new PoolState(pool.wanted(), pool.min(), pool.max(), replicas);
  }
}
