package dev.epd.runtimeimage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.epd.contract.ClusterKey;
import dev.epd.contract.ErrorKind;
import dev.epd.contract.Role;
import dev.epd.contract.RoleException;
import dev.epd.contract.v1.DescribeRequest;
import dev.epd.contract.v1.EncodeRequest;
import dev.epd.contract.v1.FinishReason;
import dev.epd.contract.v1.GenerateRequest;
import dev.epd.contract.v1.NodeDescription;
import dev.epd.contract.v1.NodeGrpc;
import dev.epd.contract.v1.PrefillEvent;
import dev.epd.contract.v1.PrefillRequest;
import dev.epd.contract.v1.ReleaseRequest;
import dev.epd.contract.v1.Sampling;
import dev.epd.contract.v1.SlotReservation;
import dev.epd.modelspec.ModelSpec;
import dev.epd.runtime.roles.RoleConfig;
import dev.epd.runtime.roles.RoleServer;
import dev.epd.runtimeimage.PictureModel.Item;
import dev.epd.runtimeimage.PictureModel.Picture;
import io.grpc.Context;
import io.grpc.ManagedChannelBuilder;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** All roles with the picture model in one process, asked as a gateway asks them. */
class RolesTest {
  private static final ClusterKey KEY = ClusterKey.random();
  private static final Set<Role> SPLIT = EnumSet.of(Role.ENCODER, Role.PREFILL, Role.DECODE);
  private static final int SLOTS = 12;
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private static final Map<Role, RoleServer> SERVERS = new EnumMap<>(Role.class);
  private static final Map<Role, SimpleMeterRegistry> METERS = new EnumMap<>(Role.class);
  private static ModelSpec spec;
  private static List<Item> items;
  private static RoleServer allInOne;
  private static Asker split;
  private static Asker whole;

  @BeforeAll
  static void start() throws Exception {
    spec = PictureModel.spec();
    items = PictureModel.items(spec);
    split = new Asker(spec, KEY);
    for (Role role : SPLIT) {
      SimpleMeterRegistry registry = new SimpleMeterRegistry();
      RoleServer server = RoleServer.start(config(role, SPLIT), spec, registry);
      SERVERS.put(role, server);
      METERS.put(role, registry);
      split.at(role, server.controlPort(), server.transferPort());
    }
    allInOne =
        RoleServer.start(
            config(Role.PREFILL, EnumSet.of(Role.PREFILL)), spec, new SimpleMeterRegistry());
    whole = new Asker(spec, KEY).at(Role.PREFILL, allInOne.controlPort(), allInOne.transferPort());
  }

  private static RoleConfig config(Role role, Set<Role> topology) {
    return RoleConfig.defaults(role, topology, KEY, 1)
        .withBind("127.0.0.1", 0, 0)
        .withSizes(SLOTS, 512, 16)
        .withTimes(Duration.ofSeconds(60), Duration.ZERO);
  }

  @AfterAll
  static void stop() {
    split.close();
    whole.close();
    SERVERS.values().forEach(RoleServer::close);
    allInOne.close();
    spec.close();
  }

  /** After every test nothing is held any more. */
  @AfterEach
  void nothingIsLeftBehind() {
    Awaitility.await()
        .atMost(PATIENCE)
        .untilAsserted(
            () -> {
              assertThat(gauge(Role.PREFILL, "epd.kv.slots.free")).isEqualTo(SLOTS);
              assertThat(gauge(Role.DECODE, "epd.kv.slots.free")).isEqualTo(SLOTS);
              assertThat(gauge(Role.PREFILL, "epd.prefill.embeddings.free")).isEqualTo(512L << 20);
              assertThat(gauge(Role.ENCODER, "epd.encoder.places.free")).isEqualTo(16);
              assertThat(gauge(Role.ENCODER, "epd.role.running")).isZero();
            });
  }

  @Test
  void allInOneSaysTheTrueWords() throws Exception {
    answerAll(item -> whole.inOne(List.of(item.picture()), item.question(), whole.greedy(32)));
  }

  @Test
  void threeRolesSayTheSameWords() throws Exception {
    answerAll(item -> split.split(List.of(item.picture()), item.question(), split.greedy(32)));
  }

  private interface Ask {
    Asker.Answer ask(Item item);
  }

  /** Many at a time; each must get its own answer. */
  private static void answerAll(Ask ask) throws Exception {
    try (ExecutorService askers = Executors.newFixedThreadPool(6)) {
      List<Future<Asker.Answer>> answers =
          items.stream().map(item -> askers.submit(() -> ask.ask(item))).toList();
      for (int i = 0; i < items.size(); i++) {
        Item item = items.get(i);
        List<Integer> said = item.tokens().subList(0, item.tokens().size() - 1);
        Asker.Answer answer = answers.get(i).get();
        assertThat(answer.tokens())
            .as("%s of %s (margin %s)", item.question(), item.picture().name(), item.margin())
            .isEqualTo(said);
        assertThat(answer.finished().getReason()).isEqualTo(FinishReason.FINISH_REASON_STOP);
        assertThat(answer.finished().getCompletionTokens()).isEqualTo(item.tokens().size());
      }
    }
  }

  @Test
  void textNeedsNoPicture() {
    Asker.Answer inOne = whole.inOne(List.of(), "How many shapes are there?", whole.greedy(8));
    Asker.Answer parted = split.split(List.of(), "How many shapes are there?", split.greedy(8));
    assertThat(parted.tokens()).isNotEmpty().isEqualTo(inOne.tokens());
  }

  @Test
  void aSeedDecidesTheDraws() {
    Picture picture = items.getFirst().picture();
    Sampling warm =
        Sampling.newBuilder()
            .setTemperature(1.5f)
            .setTopP(0.95f)
            .setSeed(11)
            .setMaxTokens(24)
            .build();
    Asker.Answer first = whole.inOne(List.of(picture), "What is in the picture?", warm);
    Asker.Answer second = split.split(List.of(picture), "What is in the picture?", warm);
    Asker.Answer other =
        whole.inOne(
            List.of(picture), "What is in the picture?", warm.toBuilder().setSeed(12).build());
    assertThat(first.tokens()).hasSize(24).isEqualTo(second.tokens());
    assertThat(other.tokens()).isNotEqualTo(first.tokens());
    assertThat(first.finished().getReason()).isEqualTo(FinishReason.FINISH_REASON_LENGTH);
    assertThat(second.finished().getReason()).isEqualTo(FinishReason.FINISH_REASON_LENGTH);
  }

  @Test
  void oneTokenIsEnough() {
    Picture picture = items.getFirst().picture();
    Asker.Answer answer =
        split.split(List.of(picture), "How many shapes are there?", split.greedy(1));
    assertThat(answer.tokens()).hasSize(1);
    assertThat(answer.finished().getReason()).isEqualTo(FinishReason.FINISH_REASON_LENGTH);
    assertThat(answer.finished().getCompletionTokens()).isEqualTo(1);
  }

  @Test
  void nodesDescribeThemselves() {
    NodeDescription prefill =
        split.node(Role.PREFILL).describe(DescribeRequest.getDefaultInstance());
    assertThat(prefill.getRole()).isEqualTo("prefill");
    assertThat(prefill.getModelFingerprint()).isEqualTo(spec.fingerprint());
    assertThat(prefill.getEncodes()).isFalse();
    assertThat(prefill.getMaxContextTokens()).isEqualTo(512);
    assertThat(whole.node(Role.PREFILL).describe(DescribeRequest.getDefaultInstance()).getEncodes())
        .isTrue();
  }

  @Test
  void aForeignCallerIsRefused() {
    var channel =
        ManagedChannelBuilder.forAddress(
                "127.0.0.1", Objects.requireNonNull(SERVERS.get(Role.ENCODER)).controlPort())
            .usePlaintext()
            .build();
    refused(
        ErrorKind.UNAUTHENTICATED,
        () -> NodeGrpc.newBlockingStub(channel).describe(DescribeRequest.getDefaultInstance()));
    channel.shutdownNow();
  }

  @Test
  void ticketsMustBeGenuineAndFresh() {
    Picture picture = items.getFirst().picture();
    byte[] forged = split.imageTicket("r", 0, "x", 0, 60);
    forged[10] ^= 1;
    refused(
        ErrorKind.UNAUTHENTICATED,
        () -> Asker.drain(split.encoder().encode(split.encodeRequest("r", 0, picture, forged))));
    byte[] expired = split.imageTicket("r", 0, "x", 0, -1);
    refused(
        ErrorKind.RESERVATION_LOST,
        () -> Asker.drain(split.encoder().encode(split.encodeRequest("r", 0, picture, expired))));
    byte[] others = split.imageTicket("other", 0, "x", 0, 60);
    refused(
        ErrorKind.UNAUTHENTICATED,
        () -> Asker.drain(split.encoder().encode(split.encodeRequest("r", 0, picture, others))));
    PrefillRequest request =
        split
            .request("r", List.of(), "Hello", split.greedy(4), false)
            .setKvTicket(ByteString.copyFrom(forged))
            .build();
    refused(ErrorKind.UNAUTHENTICATED, () -> split.prefill().run(request).next());
    // Genuine, but for buffers that nobody reserved.
    refused(
        ErrorKind.RESERVATION_LOST,
        () ->
            Asker.drain(
                split.encoder().encode(split.encodeRequest("r", 0, picture, "nowhere", 0))));
  }

  @Test
  void anotherModelIsRefused() {
    Picture picture = items.getFirst().picture();
    EncodeRequest encode =
        split.encodeRequest("r", 0, picture, "x", 0).toBuilder()
            .setModelFingerprint("another")
            .build();
    refused(ErrorKind.MODEL_MISMATCH, () -> Asker.drain(split.encoder().encode(encode)));
    PrefillRequest prefill =
        split
            .request("r", List.of(), "Hi", split.greedy(4), false)
            .setModelFingerprint("another")
            .build();
    refused(ErrorKind.MODEL_MISMATCH, () -> split.prefill().run(prefill).next());
  }

  @Test
  void aPictureThatIsNotWhatItSaysIsRefused() {
    Picture small = items.getFirst().picture();
    Picture lies = new Picture(small.bytes(), spec.geometry().grid(560, 560), "lies");
    refused(
        ErrorKind.INVALID_IMAGE,
        () -> Asker.drain(split.encoder().encode(split.encodeRequest("r", 0, lies, "x", 0))));
    Picture broken = new Picture(new byte[] {1, 2, 3}, small.grid(), "broken");
    refused(
        ErrorKind.INVALID_IMAGE,
        () -> Asker.drain(split.encoder().encode(split.encodeRequest("r", 0, broken, "x", 0))));
    refused(ErrorKind.INVALID_IMAGE, () -> whole.inOne(List.of(broken), "What?", whole.greedy(4)));
  }

  @Test
  void promptsThatDoNotFitAreRefused() {
    PrefillRequest.Builder good =
        split.request("r", List.of(items.getFirst().picture()), "What?", split.greedy(4), false);
    refused(
        ErrorKind.INVALID_REQUEST,
        () -> split.prefill().run(good.clone().clearImages().build()).next());
    refused(
        ErrorKind.INVALID_REQUEST,
        () -> split.prefill().run(good.clone().addInputIds(100_000).build()).next());
    PrefillRequest.Builder moved = good.clone();
    moved.getImagesBuilder(0).setOffset(0);
    refused(ErrorKind.INVALID_REQUEST, () -> split.prefill().run(moved.build()).next());
    PrefillRequest.Builder longer = good.clone();
    for (int i = 0; i < 600; i++) {
      longer.addInputIds(1);
    }
    refused(ErrorKind.CONTEXT_TOO_LONG, () -> split.prefill().run(longer.build()).next());
    refused(
        ErrorKind.INVALID_REQUEST,
        () ->
            split
                .prefill()
                .run(good.clone().setSampling(Sampling.getDefaultInstance()).build())
                .next());
  }

  @Test
  void cancellingWhileAPictureIsMissingFreesEverything() {
    PrefillRequest request =
        split
            .request("r", List.of(items.getFirst().picture()), "What?", split.greedy(4), false)
            .build();
    Context.CancellableContext context = Context.current().withCancellation();
    try {
      context.run(
          () -> {
            Iterator<PrefillEvent> events = split.prefill().run(request);
            assertThat(events.next().hasReserved()).isTrue();
            assertThat(gauge(Role.PREFILL, "epd.kv.slots.free")).isEqualTo(SLOTS - 1);
            assertThat(gauge(Role.PREFILL, "epd.prefill.embeddings.free")).isLessThan(512L << 20);
          });
    } finally {
      context.cancel(null);
    }
    // What must be free again is checked after every test.
  }

  @Test
  void decodeRefusesAnIncompleteCache() {
    SlotReservation slot = split.reserve("r", 100);
    GenerateRequest generate =
        GenerateRequest.newBuilder()
            .setRequestId("r")
            .setReservationId(slot.getReservationId())
            .setEpoch(slot.getEpoch())
            .setFirstToken(1)
            .setPromptTokens(10)
            .setSampling(split.greedy(4))
            .build();
    refused(ErrorKind.RESERVATION_LOST, () -> split.decode().generate(generate).next());
    refused(
        ErrorKind.RESERVATION_LOST,
        () ->
            split
                .decode()
                .generate(generate.toBuilder().setEpoch(slot.getEpoch() + 1).build())
                .next());
    ReleaseRequest release =
        ReleaseRequest.newBuilder()
            .setReservationId(slot.getReservationId())
            .setEpoch(slot.getEpoch())
            .build();
    split.decode().release(release);
    split.decode().release(release);
  }

  @Test
  void slotsAreBounded() {
    List<SlotReservation> taken =
        java.util.stream.IntStream.range(0, SLOTS)
            .mapToObj(i -> split.reserve(UUID.randomUUID().toString(), 100))
            .toList();
    refused(ErrorKind.OVERLOADED, () -> split.reserve("one more", 100));
    for (SlotReservation slot : taken) {
      split
          .decode()
          .release(
              ReleaseRequest.newBuilder()
                  .setReservationId(slot.getReservationId())
                  .setEpoch(slot.getEpoch())
                  .build());
    }
  }

  private static void refused(ErrorKind kind, ThrowingCallable call) {
    assertThatThrownBy(call)
        .satisfies(e -> assertThat(RoleException.from(e).kind()).as("%s", e).isEqualTo(kind));
  }

  private static double gauge(Role role, String name) {
    return Objects.requireNonNull(METERS.get(role)).get(name).gauge().value();
  }
}
