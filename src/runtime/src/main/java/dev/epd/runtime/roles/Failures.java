package dev.epd.runtime.roles;

import dev.epd.contract.ErrorKind;
import dev.epd.contract.RoleException;
import dev.epd.contract.Ticket;
import dev.epd.contract.TicketException;
import dev.epd.contract.TicketVerifier;
import dev.epd.runtime.engine.DeadlineExceededException;
import dev.epd.runtime.engine.OverloadedException;
import dev.epd.runtime.preprocess.InvalidImageException;
import dev.epd.transfer.TransferException;
import io.grpc.Context;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;

/** What the parts of a role throw, in the words that cross the wire. */
final class Failures {
  private Failures() {}

  /** The failure of a call whose context is {@code context}. */
  static RoleException of(Throwable failure, Context context) {
    boolean stopped =
        failure instanceof InterruptedException || failure instanceof CancellationException;
    if (stopped || context.isCancelled()) {
      var deadline = context.getDeadline();
      return deadline != null && deadline.isExpired()
          ? new RoleException(ErrorKind.DEADLINE, "the deadline passed", failure)
          : new RoleException(ErrorKind.CANCELLED, "the call was cancelled", failure);
    }
    return of(failure);
  }

  private static RoleException of(Throwable failure) {
    Throwable cause = failure.getCause();
    return switch (failure) {
      case RoleException known -> known;
      case TransferException transfer ->
          new RoleException(
              transfer.error().errorKind(),
              transfer.error() + ": " + transfer.getMessage(),
              transfer);
      case TicketException ticket -> refused(ticket);
      case DeadlineExceededException late ->
          new RoleException(ErrorKind.DEADLINE, "the deadline passed", late);
      case OverloadedException full ->
          new RoleException(ErrorKind.OVERLOADED, String.valueOf(full.getMessage()), full);
      case InvalidImageException image ->
          new RoleException(ErrorKind.INVALID_IMAGE, String.valueOf(image.getMessage()), image);
      case RejectedExecutionException stopping ->
          new RoleException(ErrorKind.UNAVAILABLE, "the role is stopping", stopping);
      case ExecutionException wrapped when cause != null -> of(cause);
      case CompletionException wrapped when cause != null -> of(cause);
      default ->
          new RoleException(
              ErrorKind.INTERNAL, "unexpected " + failure.getClass().getSimpleName(), failure);
    };
  }

  private static RoleException refused(TicketException ticket) {
    ErrorKind kind =
        ticket.reason() == TicketException.Reason.EXPIRED
            ? ErrorKind.RESERVATION_LOST
            : ErrorKind.UNAUTHENTICATED;
    return new RoleException(kind, String.valueOf(ticket.getMessage()), ticket);
  }

  static void requireFingerprint(String mine, String theirs) {
    if (!mine.equals(theirs)) {
      throw new RoleException(
          ErrorKind.MODEL_MISMATCH,
          "this pod runs model %.12s, the caller wants %.12s".formatted(mine, theirs));
    }
  }

  /** A genuine ticket of that kind for that request and model. */
  static Ticket requireTicket(
      TicketVerifier verifier,
      byte[] signed,
      Ticket.Kind kind,
      String requestId,
      String fingerprint)
      throws TicketException {
    Ticket ticket = verifier.verify(signed, kind);
    if (!ticket.requestId().equals(requestId)) {
      throw new RoleException(ErrorKind.UNAUTHENTICATED, "the ticket is for another request");
    }
    requireFingerprint(fingerprint, ticket.modelFingerprint());
    return ticket;
  }
}
