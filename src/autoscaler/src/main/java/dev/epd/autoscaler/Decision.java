package dev.epd.autoscaler;

import java.util.Collections;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What to do with a pool, and why.
 *
 * @param from replicas before
 * @param to replicas to write, or to recommend; equal to {@code from} when nothing is to be done
 * @param wanted replicas that the load alone asks for, before limits and waiting times
 * @param limitedBy what stands between {@code wanted} and {@code to}
 * @param alone replicas to write if no ratio bound the pool to others
 * @param by the schedule or ratio that set the bound in {@code limitedBy}; null = the pool itself
 * @param signal the signal that asked for {@code wanted}
 * @param sentence the reason in one plain sentence
 * @param inputs the figures the decision rests on, by name, in a fixed order
 * @param memory what to hand to the next decision
 */
public record Decision(
    int from,
    int to,
    int wanted,
    int alone,
    Limit limitedBy,
    @Nullable String by,
    String signal,
    Reason reason,
    String sentence,
    Map<String, Double> inputs,
    ScalerMemory memory) {

  /** Keeps the map as it is: its order counts, and there are a thousand of them in a tick. */
  public Decision {
    inputs = Collections.unmodifiableMap(inputs);
  }

  /** Whether the number of replicas changes. */
  public boolean changes() {
    return from != to;
  }
}
