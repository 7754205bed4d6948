package dev.epd.onebox;

/** How a kubectl call ended and what it printed. */
public record KubectlResult(int exitCode, String out, String err) {

  /**
   * The standard output of a call that had to succeed.
   *
   * @throws OneboxException with kubectl's own words if it did not
   */
  public String orThrow() {
    if (exitCode != 0) {
      throw new OneboxException("kubectl ended with " + exitCode + ": " + err.strip());
    }
    return out;
  }
}
