package dev.epd.api.v1alpha1;

/** Ratios are between pools that exist, and numbers within the pools' bounds can keep them. */
final class RatioRules {
  /** A number above 0. */
  static final String DECIMAL = "^(0\\.[0-9]*[1-9]|[1-9][0-9]*(\\.[0-9]+)?)$";

  private static final String NONE = "!has(self.scaling) || !has(self.scaling.ratios) || ";

  static final String ROLES =
      NONE
          + "self.scaling.ratios.all(r, [r.numerator, r.denominator].all(x, x == 'encoder' ?"
          + " has(self.encoder) : x != 'decode' || has(self.decode)))";

  static final String ROLES_MESSAGE =
      "scaling.ratios names a role that has no pool: add the pool, or remove the ratio";

  private static final String MOST =
      "{'encoder': self.?encoder.?replicas.orValue(self.?encoder.?autoscaling.?maxReplicas.orValue(1000)),"
          + " 'prefill': self.?prefill.?replicas.orValue(self.?prefill.?autoscaling.?maxReplicas.orValue(1000)),"
          + " 'decode': self.?decode.?replicas.orValue(self.?decode.?autoscaling.?maxReplicas.orValue(1000)),"
          + " 'gateway': 1}";

  private static final String LEAST =
      "{'encoder': self.?encoder.?replicas.orValue(self.?encoder.?autoscaling.?minReplicas.orValue(0)),"
          + " 'prefill': self.?prefill.?replicas.orValue(self.?prefill.?autoscaling.?minReplicas.orValue(0)),"
          + " 'decode': self.?decode.?replicas.orValue(self.?decode.?autoscaling.?minReplicas.orValue(0)),"
          + " 'gateway': 1}";

  static final String BOUNDS =
      NONE
          + "["
          + MOST
          + "].all(m, ["
          + LEAST
          + "].all(l, self.scaling.ratios.all(r, (!has(r.min) || double(m[r.numerator]) >="
          + " double(r.min) * double(l[r.denominator])) && (!has(r.max) || double(l[r.numerator]) <="
          + " double(r.max) * double(m[r.denominator])))))";

  static final String BOUNDS_MESSAGE =
      "scaling.ratios: a ratio can't be kept within replicas, minReplicas and maxReplicas of its pools: change it or"
          + " them";

  private RatioRules() {}
}
