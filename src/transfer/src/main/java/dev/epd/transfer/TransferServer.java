package dev.epd.transfer;

import dev.epd.contract.TicketVerifier;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The receiving side. One thread accepts, one watches leases and silence, and each connection has a
 * virtual thread that reads straight into reserved memory.
 */
public final class TransferServer implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(TransferServer.class);
  private static final Duration WATCH_INTERVAL = Duration.ofMillis(50);
  private static final Duration ENDING_LIMIT = Duration.ofSeconds(2);

  private final ServerSocketChannel listener;
  private final TicketVerifier verifier;
  private final TransferServerOptions options;
  private final Map<String, Reservation> reservations = new ConcurrentHashMap<>();
  private final ReentrantLock lock = new ReentrantLock();
  private final LinkedHashSet<ServerConnection> handshaking = new LinkedHashSet<>();
  private final Set<ServerConnection> connections = new LinkedHashSet<>();
  private final Thread watcher;
  private volatile boolean closed;

  private TransferServer(
      ServerSocketChannel listener, TicketVerifier verifier, TransferServerOptions options) {
    this.listener = listener;
    this.verifier = verifier;
    this.options = options;
    this.watcher = Thread.ofPlatform().daemon().name("transfer-watch").unstarted(this::watch);
  }

  /**
   * Listens at the address; port 0 takes a free one.
   *
   * @throws IOException if the address cannot be bound
   */
  public static TransferServer start(
      InetSocketAddress address, TicketVerifier verifier, TransferServerOptions options)
      throws IOException {
    ServerSocketChannel listener = ServerSocketChannel.open();
    try {
      listener.setOption(StandardSocketOptions.SO_REUSEADDR, true);
      listener.bind(address, 512);
    } catch (IOException e) {
      listener.close();
      throw new IOException("cannot listen for transfers at " + address + ": " + e.getMessage(), e);
    }
    TransferServer server = new TransferServer(listener, verifier, options);
    Thread.ofPlatform().daemon().name("transfer-accept").start(server::accept);
    server.watcher.start();
    return server;
  }

  public int port() {
    return listener.socket().getLocalPort();
  }

  TransferServerOptions options() {
    return options;
  }

  /**
   * Holds memory for tensors that are to come. Pushes are accepted from now on.
   *
   * @throws IllegalStateException if the id is in use or the server is closed
   */
  public Reservation reserve(ReservationSpec spec) {
    Reservation reservation = new Reservation(spec, r -> reservations.remove(r.id(), r));
    if (reservations.putIfAbsent(spec.reservationId(), reservation) != null) {
      throw new IllegalStateException("reservation id " + spec.reservationId() + " is in use");
    }
    if (closed) {
      reservation.release();
      throw new IllegalStateException("the transfer server is closed");
    }
    return reservation;
  }

  Reservation find(String reservationId) throws TransferException {
    Reservation reservation = reservations.get(reservationId);
    if (reservation == null) {
      throw new TransferException(
          TransferError.UNKNOWN_RESERVATION, "no such reservation, or it was released");
    }
    return reservation;
  }

  void established(ServerConnection connection) {
    lock.lock();
    try {
      handshaking.remove(connection);
    } finally {
      lock.unlock();
    }
  }

  void ended(ServerConnection connection) {
    lock.lock();
    try {
      handshaking.remove(connection);
      connections.remove(connection);
    } finally {
      lock.unlock();
    }
  }

  /** Open connections, those that have shown no ticket yet included. */
  public int connectionCount() {
    lock.lock();
    try {
      return connections.size();
    } finally {
      lock.unlock();
    }
  }

  private void accept() {
    while (!closed) {
      try {
        admit(listener.accept());
      } catch (ClosedChannelException e) {
        return;
      } catch (IOException e) {
        // Out of file descriptors, or the peer left before we looked: neither may end the server.
        LOG.warn("accepting a transfer connection failed: {}", e.getMessage());
        pause();
      }
    }
  }

  private void admit(SocketChannel channel) {
    ServerConnection connection = new ServerConnection(this, verifier, channel);
    ServerConnection evicted = null;
    TransferException refusal;
    lock.lock();
    try {
      // Under the lock: what is admitted before close() looks is cut by it.
      refusal = refusal();
      if (refusal == null) {
        evicted = oldestHandshakeIfFull();
        connections.add(connection);
        handshaking.add(connection);
      }
    } finally {
      lock.unlock();
    }
    if (evicted != null) {
      evicted.cut(busy());
    }
    if (refusal == null) {
      Thread.ofVirtual().name("transfer-in").start(connection);
    } else {
      connection.refuse(refusal);
    }
  }

  private @Nullable TransferException refusal() {
    if (closed) {
      return shutdown();
    }
    return connections.size() < options.maxConnections() ? null : busy();
  }

  private static TransferException busy() {
    return new TransferException(TransferError.BUSY, "too many transfer connections");
  }

  private static TransferException shutdown() {
    return new TransferException(TransferError.SHUTDOWN, "the receiver is shutting down");
  }

  private @Nullable ServerConnection oldestHandshakeIfFull() {
    return handshaking.size() < options.maxHandshakes() || handshaking.isEmpty()
        ? null
        : handshaking.removeFirst();
  }

  private void watch() {
    // After close() too, until the last connection has ended: a peer may not take its last words.
    while (!closed || connectionCount() > 0) {
      pause();
      try {
        expireReservations();
        openConnections().forEach(this::watch);
      } catch (RuntimeException e) {
        // A caller's clock or metrics; leases and silence must still be watched.
        LOG.error("watching the transfers failed", e);
      }
    }
  }

  private List<ServerConnection> openConnections() {
    lock.lock();
    try {
      return List.copyOf(connections);
    } finally {
      lock.unlock();
    }
  }

  private void expireReservations() {
    Instant now = options.clock().instant();
    for (Reservation reservation : reservations.values()) {
      if (!now.isBefore(reservation.expiry())) {
        TransferException expired =
            new TransferException(TransferError.EXPIRED, "the reservation's lease ran out");
        reservation.close(expired, true);
      }
    }
  }

  private void watch(ServerConnection connection) {
    if (connection.endingNanos() > ENDING_LIMIT.toNanos()) {
      // Its last words do not get through: the peer does not read.
      connection.tearDown();
    } else if (!connection.isEstablished()) {
      if (connection.ageNanos() > options.handshakeTimeout().toNanos()) {
        connection.cut(new TransferException(TransferError.TIMEOUT, "no opening in time"));
      }
    } else if (connection.silentNanos() > options.idleTimeout().toNanos()) {
      connection.cut(new TransferException(TransferError.TIMEOUT, "the pusher fell silent"));
    } else if (connection.quietNanos() > options.pingInterval().toNanos()) {
      Thread.startVirtualThread(connection::ping);
    }
  }

  private static void pause() {
    try {
      Thread.sleep(WATCH_INTERVAL);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Fails every reservation and connection; no memory is written after it returns. */
  @Override
  public void close() {
    closed = true;
    try {
      listener.close();
    } catch (IOException e) {
      LOG.warn("closing the transfer listener failed: {}", e.getMessage());
    }
    reservations.values().forEach(r -> r.close(shutdown(), true));
    openConnections().forEach(c -> c.cut(shutdown()));
  }
}
