package dev.epd.transfer;

import dev.epd.contract.Ticket;
import dev.epd.contract.TicketException;
import dev.epd.contract.TicketVerifier;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.security.SecureRandom;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One push as the receiver sees it: opening, data, finish, and then waiting for the commit. */
final class ServerConnection implements Runnable {
  private static final Logger LOG = LoggerFactory.getLogger(ServerConnection.class);
  private static final SecureRandom RANDOM = new SecureRandom();

  private final TransferServer server;
  private final TicketVerifier verifier;
  private final TransferMetrics metrics;
  private final SocketChannel channel;
  private final FrameChannel frames;
  private final long openedNanos = System.nanoTime();
  private final ReentrantLock acks = new ReentrantLock();

  /** Whether a write into reserved memory is open; guarded by the reservation's lock. */
  boolean writing;

  private volatile @Nullable TransferException cutCause;
  private volatile boolean established;
  private volatile long endingSince;
  private @Nullable Reservation reservation;
  private @Nullable Hello hello;
  private long epoch;
  private boolean commitAsked;
  private boolean receivedSent;
  private boolean committedSent;

  ServerConnection(TransferServer server, TicketVerifier verifier, SocketChannel channel) {
    this.server = server;
    this.verifier = verifier;
    this.metrics = server.options().metrics();
    this.channel = channel;
    this.frames = new FrameChannel(channel);
  }

  /** Nanoseconds since the connection was accepted. */
  long ageNanos() {
    return System.nanoTime() - openedNanos;
  }

  long silentNanos() {
    return frames.silentNanos();
  }

  long quietNanos() {
    return frames.quietNanos();
  }

  /** Nanoseconds since the connection was told to end; 0 while it was not. */
  long endingNanos() {
    long since = endingSince;
    return since == 0 ? 0 : System.nanoTime() - since;
  }

  /** Whether a valid ticket was shown. */
  boolean isEstablished() {
    return established;
  }

  void ping() {
    frames.tryWrite(Frame.Type.PING, new byte[0]);
  }

  /** Stops reading at once; the connection's own thread answers and closes. */
  void cut(TransferException cause) {
    if (cutCause == null) {
      cutCause = cause;
      endingSince = System.nanoTime();
    }
    frames.cutInput();
  }

  /** Answers instead of being run. */
  void refuse(TransferException cause) {
    metrics.failed(cause.error());
    frames.tryWrite(Frame.Type.ERROR, FrameChannel.encodeError(cause));
    frames.close();
  }

  void tearDown() {
    frames.close();
  }

  /** Sends COMMITTED, after RECEIVED, without making the caller wait for the network. */
  void commit() {
    acks.lock();
    try {
      commitAsked = true;
    } finally {
      acks.unlock();
    }
    Thread.startVirtualThread(
        () -> {
          try {
            sendAcks(false);
          } catch (IOException e) {
            // The reading thread sees the broken connection.
          }
        });
  }

  @Override
  public void run() {
    TransferException failure = null;
    try {
      open();
      serve();
    } catch (TransferException e) {
      failure = e;
    } catch (IOException e) {
      failure = new TransferException(TransferError.CONNECTION_LOST, "the connection broke", e);
    } catch (RuntimeException | Error e) {
      LOG.error("a transfer connection failed", e);
      failure = new TransferException(TransferError.INTERNAL, "the receiver failed", e);
    } finally {
      end(failure);
    }
  }

  private void open() throws IOException {
    channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
    Frame frame = frames.readHead();
    if (frame == null) {
      throw new TransferException(TransferError.CONNECTION_LOST, "closed before the opening");
    }
    if (frame.type() != Frame.Type.HELLO) {
      throw new TransferException(TransferError.PROTOCOL, "the first frame must be an opening");
    }
    Hello opening = Hello.decode(frames.readControl(frame));
    Ticket ticket = verify(opening.ticket());
    Reservation target = server.find(ticket.reservationId());
    hello = opening;
    epoch = ticket.epoch();
    reservation = target;
    Set<Integer> held = target.claim(this, ticket, opening);
    long session = RANDOM.nextLong();
    ByteBuffer ok = ByteBuffer.allocate(12 + 4 * held.size());
    ok.putLong(session).putInt(held.size());
    held.forEach(ok::putInt);
    frames.writeHelloOk(ok.array(), session);
    established = true;
    server.established(this);
  }

  private Ticket verify(byte[] ticket) throws TransferException {
    try {
      return verifier.verify(ticket);
    } catch (TicketException e) {
      TransferError error =
          switch (e.reason()) {
            case EXPIRED -> TransferError.TICKET_EXPIRED;
            case MALFORMED, BAD_SIGNATURE, WRONG_KIND -> TransferError.TICKET_REFUSED;
          };
      throw new TransferException(error, String.valueOf(e.getMessage()), e);
    }
  }

  private void serve() throws IOException {
    while (true) {
      Frame frame = frames.readHead();
      if (frame == null) {
        if (isCommittedSent() || (isReceivedSent() && cutCause == null)) {
          return;
        }
        throw new TransferException(TransferError.CONNECTION_LOST, "the pusher went away");
      }
      switch (frame.type()) {
        case DATA -> receive(frame);
        case FINISH -> {
          frames.readControl(frame);
          finish();
        }
        case PING -> frames.readControl(frame);
        case ERROR -> throw FrameChannel.decodeError(frames.readControl(frame));
        case HELLO, HELLO_OK, RECEIVED, COMMITTED ->
            throw new TransferException(TransferError.PROTOCOL, "unexpected frame");
      }
    }
  }

  private void receive(Frame frame) throws IOException {
    Reservation target = requireReservation();
    MemorySegment place = target.beginWrite(this, frame.part(), frame.offset(), frame.length());
    boolean checked = false;
    try {
      frames.readData(frame, place);
      checked = true;
      metrics.bytesReceived(frame.length());
    } finally {
      target.endWrite(this, frame.part(), frame.offset(), frame.length(), checked);
    }
  }

  private void finish() throws IOException {
    if (!requireReservation().holds(requireHello(), epoch)) {
      throw new TransferException(TransferError.INCOMPLETE, "finished before all bytes were sent");
    }
    sendAcks(true);
  }

  /** RECEIVED goes first; COMMITTED only once the owner has asked for it. */
  private void sendAcks(boolean isReceived) throws IOException {
    boolean ask = requireReservation().isCommitted();
    acks.lock();
    try {
      commitAsked |= ask;
      if (isReceived && !receivedSent) {
        frames.write(Frame.Type.RECEIVED, new byte[0]);
        receivedSent = true;
        metrics.pushReceived();
      }
      if (commitAsked && receivedSent && !committedSent) {
        frames.write(Frame.Type.COMMITTED, new byte[0]);
        committedSent = true;
        metrics.pushCommitted();
      }
    } finally {
      acks.unlock();
    }
  }

  /** Answers, gives the claim back, and only then waits for the peer to hang up. */
  private void end(@Nullable TransferException failure) {
    endingSince = System.nanoTime();
    TransferException cause = cutCause == null ? failure : cutCause;
    try {
      answer(cause);
    } finally {
      Reservation target = reservation;
      if (target != null) {
        target.detach(this, epoch, isReceivedSent() ? null : cause);
      }
      frames.drain();
      frames.close();
      server.ended(this);
    }
  }

  private void answer(@Nullable TransferException cause) {
    Reservation target = reservation;
    try {
      if (cause != null && target != null && established && target.isCommitted()) {
        if (target.holds(requireHello(), epoch)) {
          sendAcks(true);
        }
      }
    } catch (IOException e) {
      // The pusher is gone; nobody is left to be told.
    }
    boolean done = isCommittedSent();
    if (cause != null && !done) {
      metrics.failed(cause.error());
      frames.tryWrite(Frame.Type.ERROR, FrameChannel.encodeError(cause));
    }
    frames.endOutput();
  }

  private boolean isReceivedSent() {
    acks.lock();
    try {
      return receivedSent;
    } finally {
      acks.unlock();
    }
  }

  private boolean isCommittedSent() {
    acks.lock();
    try {
      return committedSent;
    } finally {
      acks.unlock();
    }
  }

  private Reservation requireReservation() throws TransferException {
    if (reservation == null) {
      throw new TransferException(TransferError.PROTOCOL, "no opening");
    }
    return reservation;
  }

  private Hello requireHello() throws TransferException {
    if (hello == null) {
      throw new TransferException(TransferError.PROTOCOL, "no opening");
    }
    return hello;
  }
}
