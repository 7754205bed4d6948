package dev.epd.api.v1alpha1;

import io.fabric8.kubernetes.api.model.Quantity;

/** What a quantity may look like before a rule computes with it. */
final class Quantities {
  /**
   * An exponent of more than two characters, for CEL's {@code matches}: the API server computes
   * with it as it stands, and 1e99999999 keeps it busy for minutes.
   */
  static final String LONG_EXPONENT = "'[eE].{3}'";

  /** A size in bytes with a unit, for fields whose schema is a text: no rule, no cost. */
  static final String BYTES = "^[1-9][0-9]{0,5}(Ki|Mi|Gi|Ti)$";

  private Quantities() {}

  /** What {@link #BYTES} admits, as a number. */
  static long bytes(String text) {
    return new Quantity(text).getNumericalAmount().longValueExact();
  }
}
