package dev.epd.gateway.routing;

import dev.epd.contract.ErrorKind;
import dev.epd.contract.RoleException;
import dev.epd.gateway.openai.ApiException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** From what roles say to what is done and what clients read. */
final class Failures {
  private static final Duration RETRY_AFTER = Duration.ofSeconds(1);

  private Failures() {}

  /** Whether another pod, or the same one later, may do better. */
  static boolean mayRetry(RoleException failure) {
    // Nobody but a role that is going away cancels a call that we have not cancelled.
    return failure.kind().retryElsewhere() || failure.kind() == ErrorKind.CANCELLED;
  }

  /** Nothing is broken: the role is full, for instance with work of another gateway. */
  static boolean busy(RoleException failure) {
    return failure.kind() == ErrorKind.OVERLOADED;
  }

  /** Whether the pod itself may be gone. */
  static boolean podInDoubt(RoleException failure) {
    return failure.kind() == ErrorKind.UNAVAILABLE || failure.kind() == ErrorKind.CANCELLED;
  }

  /**
   * What the client is told.
   *
   * @param param the place in the request that is at fault, if one is
   */
  static ApiException toClient(RoleException failure, @Nullable String param) {
    ErrorKind kind = failure.kind() == ErrorKind.CANCELLED ? ErrorKind.UNAVAILABLE : failure.kind();
    boolean retry = kind.httpStatus() == 503 || kind.httpStatus() == 429;
    return new ApiException(
        kind.httpStatus(),
        kind.openAiType(),
        kind.clientsFault() ? param : null,
        kind.openAiCode(),
        kind == failure.kind() ? failure.clientMessage() : kind.clientMessage(),
        retry ? RETRY_AFTER : null);
  }

  /** Retries are used up, or would show the client another answer than it has begun to read. */
  static ApiException givenUp(String what) {
    return ApiException.unavailable(
        "service_unavailable", what + " Please send the request again.", RETRY_AFTER);
  }

  /** The deadline passed while the request waited for places. */
  static ApiException noCapacity() {
    return ApiException.unavailable(
        "no_capacity",
        "No capacity became free within the request's deadline. Please try again.",
        Duration.ofSeconds(5));
  }
}
