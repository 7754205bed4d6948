package dev.epd.transfer;

import dev.epd.contract.Ticket;
import java.lang.foreign.MemorySegment;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * One tensor's progress within a reservation: who may write it, in which attempt, and what is there
 * already. Guarded by the reservation's lock.
 */
final class ReservedPart {
  final CompletableFuture<PartShape> received = new CompletableFuture<>();
  private final PartSpec spec;
  private final Ranges ranges = new Ranges();
  private long epoch;
  private @Nullable PartShape shape;
  private @Nullable ServerConnection owner;
  private boolean complete;

  ReservedPart(PartSpec spec, long epoch) {
    this.spec = spec;
    this.epoch = epoch;
  }

  long epoch() {
    return epoch;
  }

  /** The shape that the current attempt declared. */
  @Nullable PartShape shape() {
    return shape;
  }

  boolean isComplete() {
    return complete;
  }

  boolean isOwnedBy(ServerConnection connection) {
    return owner == connection;
  }

  /**
   * Whether an attempt may send this part.
   *
   * @param isFinal whether a later epoch keeps the bytes once they are there
   */
  void check(Ticket ticket, PartShape declared, boolean isFinal) throws TransferException {
    PartShape capacity = spec.capacity();
    if (!capacity.holds(declared)) {
      throw new TransferException(
          TransferError.WRONG_SHAPE,
          "part %d: %s %s was reserved, %s %s is to come"
              .formatted(
                  declared.part(),
                  capacity.dtype(),
                  capacity.dims(),
                  declared.dtype(),
                  declared.dims()));
    }
    boolean keeps = isFinal || ticket.epoch() == epoch;
    if (complete && keeps && !declared.equals(shape)) {
      throw new TransferException(
          TransferError.WRONG_SHAPE, "part " + declared.part() + " is held with another shape");
    }
    if (ticket.epoch() < epoch) {
      throw new TransferException(
          TransferError.STALE_EPOCH,
          "epoch %d, epoch %d was seen".formatted(ticket.epoch(), epoch));
    }
    if (!complete && ticket.epoch() == epoch && owner != null) {
      throw new TransferException(
          TransferError.DUPLICATE_PUSH, "this attempt is under way on another connection");
    }
  }

  /** Forgets an earlier attempt's bytes. */
  void restart(long newEpoch, Set<ServerConnection> victims) {
    if (epoch < newEpoch) {
      epoch = newEpoch;
      complete = false;
      forget();
      disown(victims);
    }
  }

  /** Makes the connection the owner unless the bytes are held. */
  void give(ServerConnection connection, long newEpoch, Set<ServerConnection> victims) {
    epoch = Math.max(epoch, newEpoch);
    if (!complete) {
      disown(victims);
      owner = connection;
    }
  }

  private void disown(Set<ServerConnection> victims) {
    if (owner != null) {
      victims.add(owner);
      owner = null;
    }
  }

  /** The owner is about to send this; nobody writes any more for an earlier one. */
  void begin(PartShape declared) {
    ranges.clear();
    shape = declared;
  }

  /** The connection is over: what it did not finish is worth nothing. */
  void leave(ServerConnection connection) {
    if (owner == connection) {
      owner = null;
      forget();
    }
  }

  private void forget() {
    shape = null;
    ranges.clear();
  }

  /** The memory for exactly these bytes, if the connection may write them now. */
  MemorySegment place(ServerConnection connection, long offset, int length)
      throws TransferException {
    int part = spec.capacity().part();
    if (owner != connection || shape == null) {
      throw new TransferException(
          TransferError.WRONG_RANGE, "part " + part + " is not this push's to send");
    }
    long size = shape.bytes();
    if (length == 0 || offset < 0 || offset > size || length > size - offset) {
      throw new TransferException(TransferError.WRONG_RANGE, "outside of part " + part);
    }
    if (ranges.isFull() || !ranges.isFree(offset, offset + length)) {
      throw new TransferException(
          TransferError.WRONG_RANGE, "bytes of part " + part + " were sent twice");
    }
    return spec.destination().asSlice(offset, length);
  }

  void add(long offset, int length) {
    ranges.add(offset, offset + length);
  }

  /** Completes the part once all its bytes are there; true the moment they are. */
  boolean completeIfCovered() {
    if (shape == null || complete || !ranges.covers(shape.bytes())) {
      return false;
    }
    complete = true;
    owner = null;
    return true;
  }
}
