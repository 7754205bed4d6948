package dev.epd.planner;

/** Ports of the runtime image; the same numbers as the contract room's. */
final class RuntimePorts {
  /** The gateway's OpenAI API. */
  static final int HTTP = 8000;

  /** Metrics and health of every role. */
  static final int METRICS = 9090;

  /** gRPC between roles. */
  static final int CONTROL = 7070;

  /** Bulk tensors between roles. */
  static final int TRANSFER = 7071;

  private RuntimePorts() {}
}
