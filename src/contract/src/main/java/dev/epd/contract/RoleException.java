package dev.epd.contract;

import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusException;
import io.grpc.StatusRuntimeException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A failure with its {@link ErrorKind}, on its way through roles. The message is for operators and
 * crosses the wire; what a client may read is {@link #clientMessage()}.
 */
public final class RoleException extends RuntimeException {
  private static final long serialVersionUID = 1L;
  private static final int MAX_MESSAGE = 500;

  private final ErrorKind kind;

  public RoleException(ErrorKind kind, String message) {
    this(kind, message, null);
  }

  public RoleException(ErrorKind kind, String message, @Nullable Throwable cause) {
    super(message, cause);
    this.kind = kind;
  }

  public ErrorKind kind() {
    return kind;
  }

  /**
   * What the client is told. A role's own words pass only when the client's input is at fault, so
   * addresses and traces of ours never do.
   */
  public String clientMessage() {
    String message = getMessage();
    return kind.clientsFault() && message != null && !message.isBlank()
        ? message
        : kind.clientMessage();
  }

  /** For {@code StreamObserver.onError}: the status with the trailer that names the kind. */
  public StatusRuntimeException toStatus() {
    Metadata trailers = new Metadata();
    trailers.put(CallHeaders.ERROR_KIND, kind.name());
    return Status.fromCode(kind.grpcCode())
        .withDescription(shorten(getMessage()))
        .asRuntimeException(trailers);
  }

  /**
   * Reads any failure of a call. A status without the trailer, or with one this build does not
   * know, is judged by its gRPC code; anything else is INTERNAL and keeps its text to itself.
   */
  public static RoleException from(Throwable failure) {
    return switch (failure) {
      case RoleException known -> known;
      case StatusRuntimeException status ->
          fromStatus(status.getStatus(), status.getTrailers(), status);
      case StatusException status -> fromStatus(status.getStatus(), status.getTrailers(), status);
      default ->
          new RoleException(
              ErrorKind.INTERNAL, "unexpected " + failure.getClass().getSimpleName(), failure);
    };
  }

  /** Reads a call's final status, as {@code ClientCall.Listener.onClose} gets it. */
  public static RoleException fromStatus(
      Status status, @Nullable Metadata trailers, @Nullable Throwable cause) {
    ErrorKind kind =
        Optional.ofNullable(trailers)
            .map(t -> t.get(CallHeaders.ERROR_KIND))
            .flatMap(RoleException::kindNamed)
            .orElseGet(() -> ErrorKind.ofGrpcCode(status.getCode()));
    String description = status.getDescription();
    return new RoleException(
        kind, description == null ? kind.clientMessage() : shorten(description), cause);
  }

  private static Optional<ErrorKind> kindNamed(String name) {
    for (ErrorKind kind : ErrorKind.values()) {
      if (kind.name().equals(name)) {
        return Optional.of(kind);
      }
    }
    return Optional.empty();
  }

  private static String shorten(@Nullable String message) {
    String text = message == null ? "" : message;
    return text.length() <= MAX_MESSAGE ? text : text.substring(0, MAX_MESSAGE) + "…";
  }
}
