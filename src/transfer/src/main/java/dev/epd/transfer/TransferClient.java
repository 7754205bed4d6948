package dev.epd.transfer;

import dev.epd.contract.Ticket;
import dev.epd.contract.TicketException;
import dev.epd.contract.TicketVerifier;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.net.StandardSocketOptions;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The pushing side. Addresses come from tickets signed with the cluster's key and from nowhere
 * else.
 */
public final class TransferClient implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(TransferClient.class);
  private static final Duration WATCH_INTERVAL = Duration.ofMillis(100);

  private final TicketVerifier verifier;
  private final TransferClientOptions options;
  private final Set<Push> pushes = ConcurrentHashMap.newKeySet();
  private volatile boolean closed;

  public TransferClient(TicketVerifier verifier, TransferClientOptions options) {
    this.verifier = verifier;
    this.options = options;
    Thread.ofPlatform().daemon().name("transfer-ping").start(this::watch);
  }

  /**
   * Connects to the ticket's address and opens a push there. Blocks until the receiver has agreed.
   *
   * @throws TransferException if the ticket or the receiver refuses
   */
  public Push open(byte[] signedTicket, PushSpec spec) throws TransferException {
    Ticket ticket = verify(signedTicket, spec);
    Push push = connect(signedTicket, ticket, spec);
    pushes.add(push);
    push.onEnd(() -> pushes.remove(push));
    if (closed) {
      push.cancel();
    }
    push.awaitOpen();
    return push;
  }

  private Ticket verify(byte[] signedTicket, PushSpec spec) throws TransferException {
    Ticket ticket;
    try {
      ticket = verifier.verify(signedTicket);
    } catch (TicketException e) {
      TransferError error =
          e.reason() == TicketException.Reason.EXPIRED
              ? TransferError.TICKET_EXPIRED
              : TransferError.TICKET_REFUSED;
      options.metrics().failed(error);
      throw new TransferException(error, String.valueOf(e.getMessage()), e);
    }
    if (!ticket.requestId().equals(spec.requestId())
        || !ticket.modelFingerprint().equals(spec.fingerprint())) {
      options.metrics().failed(TransferError.WRONG_IDENTITY);
      throw new TransferException(
          TransferError.WRONG_IDENTITY, "the ticket is for another request or model");
    }
    return ticket;
  }

  private Push connect(byte[] signedTicket, Ticket ticket, PushSpec spec) throws TransferException {
    SocketChannel channel = null;
    try {
      channel = SocketChannel.open();
      channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
      channel
          .socket()
          .connect(
              new InetSocketAddress(ticket.host(), ticket.port()),
              Math.toIntExact(options.connectTimeout().toMillis()));
      Hello hello = new Hello(signedTicket, spec.requestId(), spec.fingerprint(), spec.parts());
      return new Push(channel, hello, options);
    } catch (IOException | RuntimeException e) {
      closeQuietly(channel);
      TransferError error =
          e instanceof SocketTimeoutException
              ? TransferError.TIMEOUT
              : TransferError.CONNECTION_LOST;
      options.metrics().failed(error);
      throw new TransferException(error, "the receiver cannot be reached", e);
    }
  }

  private static void closeQuietly(@Nullable SocketChannel channel) {
    if (channel != null) {
      try {
        channel.close();
      } catch (IOException e) {
        // It was of no use anyway.
      }
    }
  }

  private void watch() {
    while (!closed) {
      try {
        Thread.sleep(WATCH_INTERVAL);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
      pushes.forEach(this::watch);
    }
  }

  private void watch(Push push) {
    try {
      push.watch();
    } catch (RuntimeException e) {
      // A caller's metrics or callback; the other pushes are still to be watched.
      LOG.error("watching a push failed", e);
    }
  }

  /** Cancels what is under way. */
  @Override
  public void close() {
    closed = true;
    try (ExecutorService each = Executors.newVirtualThreadPerTaskExecutor()) {
      pushes.forEach(push -> each.execute(push::cancel));
    }
  }
}
