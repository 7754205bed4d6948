package dev.epd.simulator.plan;

import dev.epd.simulator.ServiceLaw;
import java.util.Locale;

/** A role of which pods are counted. */
enum Stage {
  ENCODER,
  PREFILL,
  DECODE;

  String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Time that one server takes for its work; a decode pod is as many servers as it has slots. */
  ServiceLaw law(Profile profile) {
    return switch (this) {
      case ENCODER -> profile.encoder();
      case PREFILL -> new ServiceLaw(0, profile.prefillTokensPerSecond());
      case DECODE -> new ServiceLaw(0, profile.decodeTokensPerSecond() / profile.decodeSlots());
    };
  }

  int serversPerPod(Profile profile) {
    return this == DECODE ? profile.decodeSlots() : 1;
  }
}
