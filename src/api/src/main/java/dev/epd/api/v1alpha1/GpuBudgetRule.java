package dev.epd.api.v1alpha1;

/** What pools are sure to hold (fixed numbers, minima, one where nobody says) fits the budget. */
final class GpuBudgetRule {
  private static final String ENCODER =
      "self.?encoder.?resources.?gpu.optMap(g, g.?count.orValue(1)).orValue(0) *"
          + " self.?encoder.?replicas.orValue(self.?encoder.?autoscaling.?minReplicas.orValue(1))";

  private static final String PREFILL =
      "self.?prefill.?resources.?gpu.optMap(g, g.?count.orValue(1)).orValue(0) *"
          + " self.?prefill.?replicas.orValue(self.?prefill.?autoscaling.?minReplicas.orValue(1))";

  private static final String DECODE =
      "self.?decode.?resources.?gpu.optMap(g, g.?count.orValue(1)).orValue(0) *"
          + " self.?decode.?replicas.orValue(self.?decode.?autoscaling.?minReplicas.orValue(1))";

  static final String RULE =
      "!has(self.scaling) || !has(self.scaling.maxGPUs) || "
          + ENCODER
          + " + "
          + PREFILL
          + " + "
          + DECODE
          + " <= self.scaling.maxGPUs";

  static final String MESSAGE =
      "scaling.maxGPUs is less than replicas and minReplicas of the pools need together: raise it, or"
          + " lower them";

  private GpuBudgetRule() {}
}
