package dev.epd.contract;

/** Default ports of a pod; flags may override them. */
public final class Ports {
  /** The gateway's OpenAI API. */
  public static final int HTTP = 8000;

  /** Metrics and health of every role. */
  public static final int METRICS = 9090;

  /** gRPC between roles. */
  public static final int CONTROL = 7070;

  /** Bulk tensors between roles. */
  public static final int TRANSFER = 7071;

  private Ports() {}
}
