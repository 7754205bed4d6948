package dev.epd.api.v1alpha1;

/** What pools are sure to hold (fixed numbers, minima, one where nobody says) fits the budget. */
final class GpuBudgetRule {
  private static final String ENCODER =
      "(has(self.encoder) && has(self.encoder.resources) && has(self.encoder.resources.gpu) ? (has(self.encoder.resources.gpu.count) ? self.encoder.resources.gpu.count : 1) * (has(self.encoder.replicas) ? self.encoder.replicas : has(self.encoder.autoscaling) ? (has(self.encoder.autoscaling.minReplicas) ? self.encoder.autoscaling.minReplicas : 1) : 1) : 0)";
  private static final String PREFILL =
      "(has(self.prefill) && has(self.prefill.resources) && has(self.prefill.resources.gpu) ? (has(self.prefill.resources.gpu.count) ? self.prefill.resources.gpu.count : 1) * (has(self.prefill.replicas) ? self.prefill.replicas : has(self.prefill.autoscaling) ? (has(self.prefill.autoscaling.minReplicas) ? self.prefill.autoscaling.minReplicas : 1) : 1) : 0)";
  private static final String DECODE =
      "(has(self.decode) && has(self.decode.resources) && has(self.decode.resources.gpu) ? (has(self.decode.resources.gpu.count) ? self.decode.resources.gpu.count : 1) * (has(self.decode.replicas) ? self.decode.replicas : has(self.decode.autoscaling) ? (has(self.decode.autoscaling.minReplicas) ? self.decode.autoscaling.minReplicas : 1) : 1) : 0)";

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
