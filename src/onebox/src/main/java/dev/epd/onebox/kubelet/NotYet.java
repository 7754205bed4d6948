package dev.epd.onebox.kubelet;

/** A container cannot be started now; it is tried again. The reason goes into its status. */
final class NotYet extends Exception {
  private static final long serialVersionUID = 1L;
  private final String reason;

  NotYet(String reason, String message) {
    super(message);
    this.reason = reason;
  }

  String reason() {
    return reason;
  }
}
