package dev.epd.gateway.routing;

import dev.epd.contract.RoleException;

/** An attempt came to nothing for a reason that another one may not meet. */
final class AttemptLostException extends Exception {
  private static final long serialVersionUID = 1L;

  private final RoleException failure;

  AttemptLostException(RoleException failure) {
    super(failure.getMessage(), failure, false, false);
    this.failure = failure;
  }

  RoleException failure() {
    return failure;
  }
}
