package dev.epd.transfer;

import dev.epd.contract.Ticket;
import java.lang.foreign.MemorySegment;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Memory held for one request's tensors. Writing needs a claim on the part and goes through {@link
 * #beginWrite}/{@link #endWrite}; {@link #release()} returns only when no write is under way and
 * none can begin, so the memory may be given to somebody else.
 */
public final class Reservation {
  private static final Logger LOG = LoggerFactory.getLogger(Reservation.class);

  private final ReservationSpec spec;
  private final Consumer<Reservation> unregister;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition writeEnded = lock.newCondition();
  private final Map<Integer, ReservedPart> parts = new LinkedHashMap<>();
  private final Set<ServerConnection> attached = new LinkedHashSet<>();
  private final CompletableFuture<Void> received = new CompletableFuture<>();
  private volatile Instant expiry;
  private int writes;
  private boolean complete;
  private boolean committed;
  private @Nullable TransferException closed;

  Reservation(ReservationSpec spec, Consumer<Reservation> unregister) {
    this.spec = spec;
    this.unregister = unregister;
    this.expiry = spec.expiry();
    spec.parts().forEach(p -> parts.put(p.capacity().part(), new ReservedPart(p, spec.epoch())));
  }

  public String id() {
    return spec.reservationId();
  }

  /** When the lease runs out. */
  public Instant expiry() {
    return expiry;
  }

  /** The highest epoch seen so far. */
  public long epoch() {
    lock.lock();
    try {
      return parts.values().stream().mapToLong(ReservedPart::epoch).max().orElse(spec.epoch());
    } finally {
      lock.unlock();
    }
  }

  /** Done when all parts are there and checked; fails when the reservation closes before. */
  public CompletableFuture<Void> received() {
    return received.copy();
  }

  /**
   * Done with a part's true shape when it is there and checked (for KV: for the first time).
   *
   * @throws IllegalArgumentException if there is no such part
   */
  public CompletableFuture<PartShape> received(int part) {
    return require(part).received.copy();
  }

  /** The shape that the current push declared for a part, if one did. */
  public Optional<PartShape> shape(int part) {
    lock.lock();
    try {
      return Optional.ofNullable(require(part).shape());
    } finally {
      lock.unlock();
    }
  }

  /** Prolongs (or shortens) the lease. */
  public void extend(Instant newExpiry) {
    expiry = newExpiry;
  }

  /**
   * Tells pushers that the tensors will not be asked for again. Does not end the reservation.
   *
   * @throws IllegalStateException if not all parts were received
   */
  public void commit() {
    List<ServerConnection> told;
    lock.lock();
    try {
      if (!complete) {
        throw new IllegalStateException("commit before all parts were received");
      }
      committed = true;
      told = List.copyOf(attached);
    } finally {
      lock.unlock();
    }
    told.forEach(ServerConnection::commit);
  }

  /**
   * Ends the right to write into the memory and returns when nobody does any more. Pushers that
   * were not told of a commit learn that the reservation was released. Doing it twice is fine.
   */
  public void release() {
    close(new TransferException(TransferError.RELEASED, "the reservation was released"), false);
  }

  void close(TransferException cause, boolean tellListener) {
    List<ServerConnection> cut;
    lock.lock();
    try {
      if (closed == null) {
        closed = cause;
      } else {
        tellListener = false;
      }
      cut = List.copyOf(attached);
    } finally {
      lock.unlock();
    }
    cut.forEach(c -> c.cut(cause));
    awaitWrites(cut);
    unregister.accept(this);
    received.completeExceptionally(cause);
    parts.values().forEach(p -> p.received.completeExceptionally(cause));
    if (tellListener) {
      tell(l -> l.onClosed(cause));
    }
  }

  private void awaitWrites(List<ServerConnection> cut) {
    lock.lock();
    try {
      awaitWhile(() -> writes > 0, cut);
    } finally {
      lock.unlock();
    }
  }

  /** A cut connection leaves its write at once; should its socket not wake, it is torn down. */
  private void awaitWhile(BooleanSupplier busy, Collection<ServerConnection> cut) {
    boolean interrupted = false;
    while (busy.getAsBoolean()) {
      try {
        if (!writeEnded.await(1, TimeUnit.SECONDS)) {
          cut.forEach(ServerConnection::tearDown);
        }
      } catch (InterruptedException e) {
        // The memory must not be given back while it is written, whoever is in a hurry.
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /**
   * Gives a connection the right to write the parts of its opening.
   *
   * @return the parts that are held already: they need not, and cannot, be sent
   */
  Set<Integer> claim(ServerConnection connection, Ticket ticket, Hello hello)
      throws TransferException {
    Set<Integer> held = new LinkedHashSet<>();
    List<Runnable> events = new ArrayList<>();
    lock.lock();
    try {
      checkIdentity(ticket, hello);
      checkParts(ticket, hello);
      Set<ServerConnection> victims = takeOver(connection, ticket.epoch(), hello);
      TransferException superseded =
          new TransferException(TransferError.SUPERSEDED, "a later attempt took over");
      victims.forEach(v -> v.cut(superseded));
      awaitWhile(() -> stillWriting(victims), victims);
      requireOpen();
      attached.add(connection);
      for (PartShape shape : hello.parts()) {
        ReservedPart part = require(shape.part());
        if (part.isComplete()) {
          held.add(shape.part());
        } else if (!part.isOwnedBy(connection)) {
          throw superseded;
        } else {
          part.begin(shape);
          completeIfCovered(part, events);
        }
      }
    } finally {
      lock.unlock();
    }
    events.forEach(Runnable::run);
    return held;
  }

  private void checkIdentity(Ticket ticket, Hello hello) throws TransferException {
    requireOpen();
    if (ticket.kind() != spec.kind()) {
      throw new TransferException(
          TransferError.TICKET_REFUSED, "a ticket for " + ticket.kind() + ", not " + spec.kind());
    }
    if (!spec.requestId().equals(ticket.requestId())
        || !spec.requestId().equals(hello.requestId())) {
      throw new TransferException(TransferError.WRONG_IDENTITY, "reserved for another request");
    }
    if (!spec.fingerprint().equals(ticket.modelFingerprint())
        || !spec.fingerprint().equals(hello.fingerprint())) {
      throw new TransferException(TransferError.WRONG_IDENTITY, "reserved for another model");
    }
  }

  private void checkParts(Ticket ticket, Hello hello) throws TransferException {
    for (PartShape shape : hello.parts()) {
      ReservedPart part = parts.get(shape.part());
      if (part == null || !ticket.covers(shape.part())) {
        throw new TransferException(
            TransferError.TICKET_REFUSED, "the ticket covers no part " + shape.part());
      }
      part.check(ticket, shape, isFinal());
    }
  }

  private boolean isFinal() {
    return spec.kind() == Ticket.Kind.EMBEDDINGS || complete;
  }

  /** Makes the connection the owner of what is not final; returns the owners it replaces. */
  private Set<ServerConnection> takeOver(ServerConnection connection, long epoch, Hello hello) {
    Set<ServerConnection> victims = new LinkedHashSet<>();
    if (spec.kind() == Ticket.Kind.KV && !complete) {
      // A later attempt's layers must not be mixed with an earlier one's.
      parts.values().forEach(p -> p.restart(epoch, victims));
    }
    hello.parts().forEach(s -> require(s.part()).give(connection, epoch, victims));
    victims.remove(connection);
    return victims;
  }

  private static boolean stillWriting(Set<ServerConnection> connections) {
    return connections.stream().anyMatch(c -> c.writing);
  }

  /**
   * Opens a write. Every successful call is followed by {@link #endWrite}.
   *
   * @return the memory for exactly these bytes
   */
  MemorySegment beginWrite(ServerConnection connection, int index, long offset, int length)
      throws TransferException {
    lock.lock();
    try {
      requireOpen();
      ReservedPart part = parts.get(index);
      if (part == null) {
        throw new TransferException(TransferError.WRONG_RANGE, "no part " + index);
      }
      MemorySegment place = part.place(connection, offset, length);
      writes++;
      connection.writing = true;
      return place;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Closes a write; {@code checked} bytes count as received unless the claim was lost meanwhile.
   */
  void endWrite(ServerConnection connection, int index, long offset, int length, boolean checked) {
    List<Runnable> events = new ArrayList<>();
    lock.lock();
    try {
      writes--;
      connection.writing = false;
      writeEnded.signalAll();
      ReservedPart part = require(index);
      if (checked && closed == null && part.isOwnedBy(connection)) {
        part.add(offset, length);
        completeIfCovered(part, events);
      }
    } finally {
      lock.unlock();
    }
    events.forEach(Runnable::run);
  }

  private void completeIfCovered(ReservedPart part, List<Runnable> events) {
    PartShape shape = part.shape();
    if (shape == null || !part.completeIfCovered()) {
      return;
    }
    long epoch = part.epoch();
    events.add(() -> part.received.complete(shape));
    events.add(() -> tell(l -> l.onPart(shape.part(), epoch)));
    if (parts.values().stream().allMatch(ReservedPart::isComplete)) {
      complete = true;
      events.add(() -> received.complete(null));
      events.add(() -> tell(l -> l.onComplete(epoch)));
    }
  }

  /** Whether all parts of an opening are held. */
  boolean holds(Hello hello, long epoch) {
    lock.lock();
    try {
      return hello.parts().stream()
          .map(s -> require(s.part()))
          .allMatch(p -> p.isComplete() && p.epoch() >= epoch);
    } finally {
      lock.unlock();
    }
  }

  boolean isCommitted() {
    lock.lock();
    try {
      return committed;
    } finally {
      lock.unlock();
    }
  }

  /** The connection is over; a cause tells that its push was not. */
  void detach(ServerConnection connection, long epoch, @Nullable TransferException cause) {
    boolean tell;
    lock.lock();
    try {
      tell = attached.remove(connection) && closed == null;
      parts.values().forEach(p -> p.leave(connection));
    } finally {
      lock.unlock();
    }
    if (cause != null && tell) {
      tell(l -> l.onPushFailed(epoch, cause));
    }
  }

  private void requireOpen() throws TransferException {
    if (closed != null) {
      throw new TransferException(closed.error(), String.valueOf(closed.getMessage()));
    }
  }

  private ReservedPart require(int index) {
    ReservedPart part = parts.get(index);
    if (part == null) {
      throw new IllegalArgumentException("reservation " + id() + " has no part " + index);
    }
    return part;
  }

  private void tell(Consumer<ReservationListener> event) {
    try {
      event.accept(spec.listener());
    } catch (RuntimeException e) {
      LOG.error("the listener of reservation {} failed", id(), e);
    }
  }
}
