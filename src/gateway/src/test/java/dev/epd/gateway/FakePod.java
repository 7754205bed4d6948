package dev.epd.gateway;

import com.google.protobuf.ByteString;
import dev.epd.contract.BootId;
import dev.epd.contract.CallTokens;
import dev.epd.contract.ClusterKey;
import dev.epd.contract.ContractVersion;
import dev.epd.contract.ErrorKind;
import dev.epd.contract.Role;
import dev.epd.contract.RoleException;
import dev.epd.contract.Ticket;
import dev.epd.contract.TicketException;
import dev.epd.contract.v1.*;
import dev.epd.gateway.endpoints.Endpoint;
import io.grpc.BindableService;
import io.grpc.Server;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** One pod of a {@link FakeCluster}, with switches for everything that can go wrong with it. */
public final class FakePod {
  final FakeCluster cluster;
  final Role role;
  final String name;

  int maxImages = 8;
  int maxRequests = 64;
  volatile String fingerprint;
  volatile ClusterKey key;
  volatile boolean ready = true;
  volatile boolean deleting;

  /** Work waits here until it is opened. */
  volatile CountDownLatch gate = new CountDownLatch(0);

  volatile long tokenMillis;

  /** Cache keys of what it has encoded. */
  private final Set<String> cached = ConcurrentHashMap.newKeySet();

  /** How work is refused, as long as {@link #failures} is above 0. */
  volatile ErrorKind failure = ErrorKind.UNAVAILABLE;

  final AtomicInteger failures = new AtomicInteger();

  /** The stream breaks after so many tokens. */
  volatile int breakAfterTokens = Integer.MAX_VALUE;

  final AtomicInteger live = new AtomicInteger();
  final AtomicInteger mostLive = new AtomicInteger();
  final AtomicInteger calls = new AtomicInteger();
  final AtomicInteger cancelled = new AtomicInteger();
  final AtomicInteger reserved = new AtomicInteger();

  private volatile boolean dead;
  volatile String bootId = BootId.create().value();
  private @Nullable Server server;

  public FakePod(FakeCluster cluster, Role role, String name) {
    this.cluster = cluster;
    this.role = role;
    this.name = name;
    this.fingerprint = cluster.spec.fingerprint();
    this.key = cluster.key;
  }

  FakePod start() {
    var address = new InetSocketAddress("127.0.0.1", 0);
    try {
      server =
          NettyServerBuilder.forAddress(address)
              .executor(Executors.newVirtualThreadPerTaskExecutor())
              .maxInboundMessageSize(64 << 20)
              .intercept(CallTokens.server(key, role, Clock.systemUTC()))
              .addService(new NodeService())
              .addService(service())
              .build()
              .start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return this;
  }

  private BindableService service() {
    return switch (role) {
      case ENCODER -> new EncoderService();
      case PREFILL -> new PrefillService();
      case DECODE -> new DecodeService();
      case GATEWAY -> throw new IllegalArgumentException("a gateway is not faked");
    };
  }

  /** As kill -9: connections break, nothing is said. */
  void kill() {
    dead = true;
    Server running = server;
    if (running != null) {
      running.shutdownNow();
    }
    gate.countDown();
  }

  Endpoint endpoint() {
    Server running = server;
    int port = running == null ? 1 : running.getPort();
    return new Endpoint(role, name, "127.0.0.1", port > 0 ? port : 1, 1, ready, deleting, "");
  }

  private final class NodeService extends NodeGrpc.NodeImplBase {
    @Override
    public void describe(DescribeRequest request, StreamObserver<NodeDescription> to) {
      to.onNext(
          NodeDescription.newBuilder()
              .setRole(role.wireName())
              .setContractVersion(ContractVersion.CURRENT)
              .setModelFingerprint(fingerprint)
              .setBootId(bootId)
              .setMaxImages(maxImages)
              .setMaxRequests(maxRequests)
              .setMaxContextTokens(1024)
              .build());
      to.onCompleted();
    }
  }

  private interface Work {
    void run() throws Exception;
  }

  /** Counts, refuses, waits at the gate, runs. */
  private <A> void serve(StreamObserver<A> observer, int limit, Runnable accepted, Work work) {
    var to = (ServerCallStreamObserver<A>) observer;
    calls.incrementAndGet();
    int now = live.incrementAndGet();
    mostLive.accumulateAndGet(now, Math::max);
    to.setOnCancelHandler(cancelled::incrementAndGet);
    Thread.startVirtualThread(
        () -> {
          try {
            if (failures.get() > 0 && failures.getAndDecrement() > 0) {
              throw new RoleException(failure, "told to fail at 10.1.2.3");
            }
            if (now > limit) {
              throw new RoleException(ErrorKind.OVERLOADED, "full");
            }
            synchronized (to) {
              accepted.run();
            }
            gate.await();
            if (dead) {
              throw new IllegalStateException("dead processes do no work");
            }
            work.run();
            live.decrementAndGet();
            if (!to.isCancelled()) {
              to.onCompleted();
            }
          } catch (Exception e) {
            live.decrementAndGet();
            if (!to.isCancelled()) {
              to.onError(RoleException.from(e).toStatus());
            }
          }
        });
  }

  private final class EncoderService extends EncoderGrpc.EncoderImplBase {
    @Override
    public void encode(EncodeRequest request, StreamObserver<EncodeEvent> to) {
      var observer = (ServerCallStreamObserver<EncodeEvent>) to;
      serve(
          to,
          maxImages,
          () ->
              to.onNext(
                  EncodeEvent.newBuilder()
                      .setAccepted(EncodeAccepted.getDefaultInstance())
                      .build()),
          () -> {
            if (observer.isCancelled()) {
              return;
            }
            Ticket ticket = ticket(request.getTicket(), Ticket.Kind.EMBEDDINGS);
            if (!ticket.covers(request.getImageIndex())) {
              throw new RoleException(ErrorKind.INTERNAL, "ticket of another image");
            }
            List<CompletableFuture<String>> buffers =
                cluster.imageBuffers.get(ticket.reservationId());
            if (buffers == null) {
              throw new RoleException(ErrorKind.RESERVATION_LOST, "no such buffers");
            }
            buffers
                .get(request.getImageIndex())
                .complete(FakeCluster.hash(request.getImage().toByteArray()));
            boolean known = cluster.encodersCache && !cached.add(request.getCacheKey());
            to.onNext(
                EncodeEvent.newBuilder()
                    .setEncoded(
                        Encoded.newBuilder().setGrid(request.getExpectedGrid()).setFromCache(known))
                    .build());
            to.onNext(
                EncodeEvent.newBuilder()
                    .setReceived(EmbeddingsReceived.getDefaultInstance())
                    .build());
            to.onNext(
                EncodeEvent.newBuilder()
                    .setCommitted(EmbeddingsCommitted.getDefaultInstance())
                    .build());
          });
    }
  }

  private Ticket ticket(ByteString bytes, Ticket.Kind kind) {
    try {
      return cluster.verifier.verify(bytes.toByteArray(), kind);
    } catch (TicketException e) {
      throw new RoleException(ErrorKind.UNAUTHENTICATED, "bad ticket", e);
    }
  }

  private final class PrefillService extends PrefillGrpc.PrefillImplBase {
    @Override
    public void run(PrefillRequest request, StreamObserver<PrefillEvent> to) {
      String reservation = UUID.randomUUID().toString();
      List<CompletableFuture<String>> images = new ArrayList<>();
      for (ImageSpan span : request.getImagesList()) {
        var image = new CompletableFuture<String>();
        if (!span.getInlineImage().isEmpty()) {
          image.complete(FakeCluster.hash(span.getInlineImage().toByteArray()));
        }
        images.add(image);
      }
      ((ServerCallStreamObserver<PrefillEvent>) to)
          .setOnCloseHandler(() -> cluster.imageBuffers.remove(reservation));
      serve(
          to,
          maxRequests,
          () -> {
            cluster.imageBuffers.put(reservation, images);
            to.onNext(
                PrefillEvent.newBuilder()
                    .setReserved(PrefillReserved.newBuilder().setReservationId(reservation))
                    .build());
          },
          () -> answer(request, images, (ServerCallStreamObserver<PrefillEvent>) to));
    }

    private void answer(
        PrefillRequest request,
        List<CompletableFuture<String>> images,
        ServerCallStreamObserver<PrefillEvent> to)
        throws Exception {
      List<String> hashes = new ArrayList<>();
      for (var image : images) {
        while (!image.isDone()) {
          Thread.sleep(2);
          if (to.isCancelled()) {
            return;
          }
        }
        hashes.add(image.get());
      }
      int[] answer = cluster.answerTokens(hashes, request.getInputIdsList());
      if (!request.getKvTicket().isEmpty()) {
        Ticket ticket = ticket(request.getKvTicket(), Ticket.Kind.KV);
        CompletableFuture<int[]> slot = cluster.slots.get(ticket.reservationId());
        if (slot == null) {
          throw new RoleException(ErrorKind.RESERVATION_LOST, "no such slot");
        }
        to.onNext(PrefillEvent.newBuilder().setToken(token(0, answer[0])).build());
        slot.complete(answer);
        to.onNext(
            PrefillEvent.newBuilder()
                .setKvCommitted(
                    KvCommitted.newBuilder().setPromptTokens(request.getInputIdsCount()))
                .build());
        return;
      }
      generate(
          answer,
          0,
          request.getSampling().getMaxTokens(),
          to,
          token -> to.onNext(PrefillEvent.newBuilder().setToken(token).build()),
          end -> to.onNext(PrefillEvent.newBuilder().setFinished(end).build()));
    }
  }

  private static Token token(int index, int id) {
    return Token.newBuilder().setIndex(index).setId(id).build();
  }

  private void generate(
      int[] answer,
      int from,
      int maxTokens,
      ServerCallStreamObserver<?> to,
      java.util.function.Consumer<Token> tokens,
      java.util.function.Consumer<Finished> end)
      throws InterruptedException {
    int length = Math.min(maxTokens, answer.length);
    for (int i = from; i < length; i++) {
      if (to.isCancelled()) {
        return;
      }
      if (i >= breakAfterTokens) {
        throw new RoleException(ErrorKind.UNAVAILABLE, "broken at 10.1.2.3");
      }
      if (tokenMillis > 0) {
        Thread.sleep(tokenMillis);
      }
      tokens.accept(token(i, answer[i]));
    }
    boolean all = maxTokens > answer.length;
    end.accept(
        Finished.newBuilder()
            .setReason(all ? FinishReason.FINISH_REASON_STOP : FinishReason.FINISH_REASON_LENGTH)
            .setCompletionTokens(all ? answer.length + 1 : length)
            .build());
  }

  private final class DecodeService extends DecodeGrpc.DecodeImplBase {
    @Override
    public void reserve(ReserveRequest request, StreamObserver<SlotReservation> to) {
      if (reserved.incrementAndGet() > maxRequests) {
        reserved.decrementAndGet();
        to.onError(new RoleException(ErrorKind.OVERLOADED, "no slot").toStatus());
        return;
      }
      String id = UUID.randomUUID().toString();
      cluster.slots.put(id, new CompletableFuture<>());
      to.onNext(
          SlotReservation.newBuilder()
              .setReservationId(id)
              .setEpoch(7)
              .setLeaseMillis(60_000)
              .build());
      to.onCompleted();
    }

    @Override
    public void generate(GenerateRequest request, StreamObserver<DecodeEvent> to) {
      var observer = (ServerCallStreamObserver<DecodeEvent>) to;
      serve(
          to,
          maxRequests,
          () -> {},
          () -> {
            try {
              int[] answer = take(request.getReservationId());
              if (answer[0] != request.getFirstToken() || request.getEpoch() != 7) {
                throw new RoleException(ErrorKind.INTERNAL, "not the slot's first token");
              }
              FakePod.this.generate(
                  answer,
                  1,
                  request.getSampling().getMaxTokens(),
                  observer,
                  token -> to.onNext(DecodeEvent.newBuilder().setToken(token).build()),
                  end -> to.onNext(DecodeEvent.newBuilder().setFinished(end).build()));
            } finally {
              cluster.slots.remove(request.getReservationId());
              reserved.decrementAndGet();
            }
          });
    }

    private int[] take(String id) throws InterruptedException, ExecutionException {
      CompletableFuture<int[]> slot = cluster.slots.get(id);
      if (slot == null || !slot.isDone()) {
        throw new RoleException(ErrorKind.RESERVATION_LOST, "the KV cache is not complete");
      }
      return slot.get();
    }

    @Override
    public void release(ReleaseRequest request, StreamObserver<ReleaseResponse> to) {
      if (cluster.slots.remove(request.getReservationId()) != null) {
        reserved.decrementAndGet();
      }
      to.onNext(ReleaseResponse.getDefaultInstance());
      to.onCompleted();
    }
  }
}
