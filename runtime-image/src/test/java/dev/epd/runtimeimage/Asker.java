package dev.epd.runtimeimage;

import com.google.protobuf.ByteString;
import dev.epd.contract.CallTokens;
import dev.epd.contract.ClusterKey;
import dev.epd.contract.Role;
import dev.epd.contract.Ticket;
import dev.epd.contract.TicketSigner;
import dev.epd.contract.v1.DecodeEvent;
import dev.epd.contract.v1.DecodeGrpc;
import dev.epd.contract.v1.EncodeEvent;
import dev.epd.contract.v1.EncodeRequest;
import dev.epd.contract.v1.EncoderGrpc;
import dev.epd.contract.v1.Finished;
import dev.epd.contract.v1.GenerateRequest;
import dev.epd.contract.v1.Grid;
import dev.epd.contract.v1.ImageSpan;
import dev.epd.contract.v1.KvCommitted;
import dev.epd.contract.v1.NodeGrpc;
import dev.epd.contract.v1.PrefillEvent;
import dev.epd.contract.v1.PrefillGrpc;
import dev.epd.contract.v1.PrefillRequest;
import dev.epd.contract.v1.ReserveRequest;
import dev.epd.contract.v1.Sampling;
import dev.epd.contract.v1.SlotReservation;
import dev.epd.contract.v1.Token;
import dev.epd.modelspec.ChatPrompt;
import dev.epd.modelspec.ImageGrid;
import dev.epd.modelspec.ModelSpec;
import dev.epd.runtimeimage.PictureModel.Picture;
import io.grpc.ManagedChannel;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;

/**
 * Asks roles over their gRPC services as a gateway does: reserves, mints tickets, follows the
 * streams.
 */
public final class Asker implements AutoCloseable {
  private static final int SECONDS = 120;
  private static final Executor VIRTUAL = Thread::startVirtualThread;

  private final ModelSpec spec;
  private final ClusterKey key;
  private final TicketSigner signer;
  private final Map<Role, Address> addresses = new EnumMap<>(Role.class);
  private final Map<Role, ManagedChannel> channels = new EnumMap<>(Role.class);

  record Address(int control, int transfer) {}

  /** Tokens told, and how it ended. */
  public record Answer(List<Token> told, Finished finished) {
    List<Integer> tokens() {
      return told.stream().map(Token::getId).toList();
    }
  }

  public Asker(ModelSpec spec, ClusterKey key) {
    this.spec = spec;
    this.key = key;
    this.signer = new TicketSigner(key);
  }

  public Asker at(Role role, int control, int transfer) {
    addresses.put(role, new Address(control, transfer));
    ManagedChannel old =
        channels.put(
            role,
            NettyChannelBuilder.forAddress("127.0.0.1", control)
                .usePlaintext()
                .maxInboundMessageSize(64 << 20)
                .intercept(CallTokens.client(key, role, InstantSource.system()))
                .build());
    if (old != null) {
      old.shutdownNow();
    }
    return this;
  }

  private Address address(Role role) {
    return Objects.requireNonNull(addresses.get(role));
  }

  ManagedChannel channel(Role role) {
    return Objects.requireNonNull(channels.get(role));
  }

  public EncoderGrpc.EncoderBlockingStub encoder() {
    return EncoderGrpc.newBlockingStub(channel(Role.ENCODER))
        .withDeadlineAfter(SECONDS, TimeUnit.SECONDS);
  }

  public PrefillGrpc.PrefillBlockingStub prefill() {
    return PrefillGrpc.newBlockingStub(channel(Role.PREFILL))
        .withDeadlineAfter(SECONDS, TimeUnit.SECONDS);
  }

  DecodeGrpc.DecodeBlockingStub decode() {
    return DecodeGrpc.newBlockingStub(channel(Role.DECODE))
        .withDeadlineAfter(SECONDS, TimeUnit.SECONDS);
  }

  NodeGrpc.NodeBlockingStub node(Role role) {
    return NodeGrpc.newBlockingStub(channel(role)).withDeadlineAfter(SECONDS, TimeUnit.SECONDS);
  }

  Sampling greedy(int maxTokens) {
    return Sampling.newBuilder()
        .setMaxTokens(maxTokens)
        .addAllStopTokenIds(spec.config().tokens().eos())
        .build();
  }

  /** All stages in the prefill process. */
  Answer inOne(List<Picture> pictures, String question, Sampling sampling) {
    PrefillRequest request =
        request(UUID.randomUUID().toString(), pictures, question, sampling, true).build();
    List<Token> tokens = new ArrayList<>();
    Finished finished = Finished.getDefaultInstance();
    Iterator<PrefillEvent> events = prefill().run(request);
    while (events.hasNext()) {
      PrefillEvent event = events.next();
      if (event.hasToken()) {
        tokens.add(event.getToken());
      } else if (event.hasFinished()) {
        finished = event.getFinished();
      }
    }
    return new Answer(tokens, finished);
  }

  /** Encoded, prefilled and decoded in three processes. */
  Answer split(List<Picture> pictures, String question, Sampling sampling) {
    return generate(handOver(pictures, question, sampling), sampling);
  }

  /** A request whose KV cache decode holds. */
  public record HandedOver(
      String id, SlotReservation slot, KvCommitted committed, List<Token> tokens) {}

  /** Encodes and prefills, up to the moment when decode could start. */
  public HandedOver handOver(List<Picture> pictures, String question, Sampling sampling) {
    String id = UUID.randomUUID().toString();
    ChatPrompt prompt = PictureModel.prompt(spec, pictures, question);
    SlotReservation slot = reserve(id, prompt.length() + sampling.getMaxTokens());
    PrefillRequest request =
        request(id, pictures, question, sampling, false)
            .setKvTicket(ByteString.copyFrom(kvTicket(id, slot)))
            .build();
    List<CompletableFuture<Void>> encoding = new ArrayList<>();
    List<Token> tokens = new ArrayList<>();
    KvCommitted committed = null;
    Iterator<PrefillEvent> events = prefill().run(request);
    while (events.hasNext()) {
      PrefillEvent event = events.next();
      if (event.hasReserved()) {
        String reservation = event.getReserved().getReservationId();
        for (int i = 0; i < pictures.size(); i++) {
          EncodeRequest encode = encodeRequest(id, i, pictures.get(i), reservation, 0);
          encoding.add(CompletableFuture.runAsync(() -> drain(encoder().encode(encode)), VIRTUAL));
        }
      } else if (event.hasToken()) {
        tokens.add(event.getToken());
      } else if (event.hasKvCommitted()) {
        committed = event.getKvCommitted();
      }
    }
    if (committed == null) {
      throw new AssertionError("prefill ended without the KV cache being committed");
    }
    encoding.forEach(CompletableFuture::join);
    return new HandedOver(id, slot, committed, tokens);
  }

  SlotReservation reserve(String id, int tokens) {
    return decode()
        .reserve(
            ReserveRequest.newBuilder()
                .setRequestId(id)
                .setModelFingerprint(spec.fingerprint())
                .setTokens(tokens)
                .build());
  }

  public Answer generate(HandedOver begun, Sampling sampling) {
    GenerateRequest request =
        GenerateRequest.newBuilder()
            .setRequestId(begun.id())
            .setReservationId(begun.slot().getReservationId())
            .setEpoch(begun.slot().getEpoch())
            .setFirstToken(begun.tokens().getFirst().getId())
            .setPromptTokens(begun.committed().getPromptTokens())
            .setRopeDelta(begun.committed().getRopeDelta())
            .setSampling(sampling)
            .build();
    List<Token> all = new ArrayList<>(begun.tokens());
    Finished finished = Finished.getDefaultInstance();
    Iterator<DecodeEvent> events = decode().generate(request);
    while (events.hasNext()) {
      DecodeEvent event = events.next();
      if (event.hasToken()) {
        if (event.getToken().getIndex() != all.size()) {
          throw new AssertionError("token " + event.getToken() + " after " + all);
        }
        all.add(event.getToken());
      } else {
        finished = event.getFinished();
      }
    }
    return new Answer(all, finished);
  }

  public PrefillRequest.Builder request(
      String id, List<Picture> pictures, String question, Sampling sampling, boolean inline) {
    ChatPrompt prompt = PictureModel.prompt(spec, pictures, question);
    PrefillRequest.Builder request =
        PrefillRequest.newBuilder()
            .setRequestId(id)
            .setModelFingerprint(spec.fingerprint())
            .setSampling(sampling);
    for (int token : prompt.ids()) {
      request.addInputIds(token);
    }
    for (var span : prompt.images()) {
      ImageSpan.Builder image =
          ImageSpan.newBuilder()
              .setOffset(span.offset())
              .setTokens(span.tokens())
              .setGrid(grid(span.grid()))
              .setCacheKey(pictures.get(span.index()).name());
      if (inline) {
        image.setInlineImage(ByteString.copyFrom(pictures.get(span.index()).bytes()));
      }
      request.addImages(image);
    }
    return request;
  }

  EncodeRequest encodeRequest(
      String id, int index, Picture picture, String reservation, long epoch) {
    return encodeRequest(id, index, picture, imageTicket(id, index, reservation, epoch, 60));
  }

  public EncodeRequest encodeRequest(String id, int index, Picture picture, byte[] ticket) {
    return EncodeRequest.newBuilder()
        .setRequestId(id)
        .setImageIndex(index)
        .setImage(ByteString.copyFrom(picture.bytes()))
        .setCacheKey(picture.name())
        .setExpectedGrid(grid(picture.grid()))
        .setModelFingerprint(spec.fingerprint())
        .setTicket(ByteString.copyFrom(ticket))
        .build();
  }

  byte[] imageTicket(String id, int index, String reservation, long epoch, long seconds) {
    return signer.sign(
        Ticket.forImage(
            reservation,
            index,
            epoch,
            "127.0.0.1",
            Math.max(1, address(Role.PREFILL).transfer()),
            spec.fingerprint(),
            id,
            Instant.now().plusSeconds(seconds)));
  }

  byte[] kvTicket(String id, SlotReservation slot) {
    return signer.sign(
        Ticket.forKv(
            slot.getReservationId(),
            slot.getEpoch(),
            "127.0.0.1",
            address(Role.DECODE).transfer(),
            spec.fingerprint(),
            id,
            Instant.now().plusSeconds(60)));
  }

  public static List<String> drain(Iterator<EncodeEvent> events) {
    List<String> seen = new ArrayList<>();
    events.forEachRemaining(e -> seen.add(e.getEventCase().name()));
    return seen;
  }

  private static Grid grid(ImageGrid grid) {
    return Grid.newBuilder().setT(grid.t()).setH(grid.h()).setW(grid.w()).build();
  }

  @Override
  public void close() {
    channels.values().forEach(ManagedChannel::shutdownNow);
  }
}
