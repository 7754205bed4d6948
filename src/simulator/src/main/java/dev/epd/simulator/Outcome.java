package dev.epd.simulator;

/**
 * How a policy did on a trace.
 *
 * @param attainment share of the work that began within the deadline
 * @param gpuSeconds pod seconds from creation to end
 * @param workSeconds all work in encoder seconds: no schedule can cost less
 * @param p99Wait wait in seconds that 99 % of the work did not exceed
 * @param toCapacity seconds from the trace's event until the ready replicas could carry the load;
 *     NaN without event, infinite if never
 * @param peak most replicas wanted after the event, or at all without one
 * @param actions changes of the number of replicas
 * @param reversals changes in the other direction than the one before, within five minutes of it
 * @param reversalsAfterEvent those in the five minutes after the event
 */
public record Outcome(
    String policy,
    double attainment,
    double gpuSeconds,
    double workSeconds,
    double p99Wait,
    double toCapacity,
    int peak,
    int actions,
    int reversals,
    int reversalsAfterEvent,
    Timeline timeline) {

  /** Replicas asked for and ready, second by second. */
  public record Timeline(short[] wanted, short[] ready, float[] work) {}
}
