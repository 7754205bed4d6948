package dev.epd.bench;

import dev.epd.bench.Report.Section;
import dev.epd.bench.Rounds.Value;
import dev.epd.contract.Role;
import dev.epd.contract.TicketSigner;
import dev.epd.contract.v1.Finished;
import dev.epd.contract.v1.PrefillEvent;
import dev.epd.contract.v1.PrefillRequest;
import dev.epd.contract.v1.Sampling;
import dev.epd.modelspec.ImageGrid;
import dev.epd.modelspec.ModelSpec;
import dev.epd.runtimeimage.Asker;
import dev.epd.runtimeimage.Asker.HandedOver;
import dev.epd.runtimeimage.PictureModel;
import dev.epd.runtimeimage.PictureModel.Picture;
import dev.epd.transfer.DType;
import dev.epd.transfer.PartShape;
import dev.epd.transfer.Reservation;
import java.lang.foreign.Arena;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.UUID;

/** What one process of each role does in a second, asked over its gRPC service. */
final class RolesBench implements AutoCloseable {
  private static final int WARM_UP = 1;
  private static final int ROUNDS = 5;
  private static final int MANY = 8;
  private static final Duration TIME = Duration.ofSeconds(1);
  private static final int PROMPT_TOKENS = 512;
  private static final int ANSWER_TOKENS = 128;

  private final ModelSpec spec = PictureModel.spec();
  private final String longQuestion = question();
  private final Pictures pictures = new Pictures(Main.SEED);
  private final Receiver receiver;
  private final TicketSigner signer;

  private RolesBench(Workspace workspace) throws Exception {
    receiver = new Receiver(workspace.key(), spec.fingerprint());
    signer = new TicketSigner(workspace.key());
  }

  static Section run(Workspace workspace, List<Pods> sets) throws Exception {
    Rounds rounds = new Rounds("roles");
    List<AutoCloseable> open = new ArrayList<>();
    try (RolesBench bench = new RolesBench(workspace)) {
      for (Pods pods : sets) {
        Asker whole = new Asker(bench.spec, workspace.key());
        Asker encoder = new Asker(bench.spec, workspace.key());
        open.add(whole);
        open.add(encoder);
        encoder.at(Role.ENCODER, pods.encoder().control(), pods.encoder().transfer());
        encoder.at(Role.PREFILL, pods.prefill().control(), bench.receiver.port());
        whole.at(Role.PREFILL, pods.prefill().control(), pods.prefill().transfer());
        whole.at(Role.DECODE, pods.decode().control(), pods.decode().transfer());
        for (int askers : new int[] {1, MANY}) {
          String name = ", %s, %d at a time".formatted(pods.threads(), askers);
          rounds
              .add("encoder" + name, () -> bench.encode(encoder, askers))
              .add("prefill" + name, () -> bench.prefill(whole, askers))
              .add("decode" + name, () -> bench.decode(whole, askers));
        }
      }
      rounds.run(WARM_UP, ROUNDS);
    } finally {
      for (AutoCloseable each : open) {
        each.close();
      }
    }
    ratios(rounds, sets);
    return new Section(
        "Roles",
        ("One process per role, the bundled picture model, fp32, asked over gRPC by so many askers"
                + " at a time, each with one request open. Encoder: a %d × %d PNG file, always under a new cache key, until the"
                + " receiver has the embeddings, the file's decoding included. Prefill: a prompt of about %d"
                + " text tokens up to the first answer token. Decode: %d tokens per sequence after a"
                + " short prompt, its prefill not counted.")
            .formatted(Pictures.WIDTH, Pictures.HEIGHT, PROMPT_TOKENS, ANSWER_TOKENS),
        rounds.figures());
  }

  private static void ratios(Rounds rounds, List<Pods> sets) {
    for (String role : List.of("encoder", "prefill", "decode")) {
      for (Pods pods : sets) {
        rounds.ratio(
            "%s, %s, %d / 1 at a time".formatted(role, pods.threads(), MANY),
            "%s, %s, %d at a time".formatted(role, pods.threads(), MANY),
            "%s, %s, 1 at a time".formatted(role, pods.threads()));
      }
      rounds.ratio(
          "%s, %s / %s, 1 at a time"
              .formatted(role, sets.getLast().threads(), sets.getFirst().threads()),
          "%s, %s, 1 at a time".formatted(role, sets.getLast().threads()),
          "%s, %s, 1 at a time".formatted(role, sets.getFirst().threads()));
    }
  }

  private List<Value> encode(Asker asker, int askers) throws Exception {
    ImageGrid grid = spec.geometry().grid(Pictures.WIDTH, Pictures.HEIGHT);
    byte[] png = pictures.next().png();
    Load.Done<String> done = Load.during(TIME, askers, n -> encode(asker, png, grid));
    return List.of(new Value("", "images/s", done.perSecond()));
  }

  private String encode(Asker asker, byte[] png, ImageGrid grid) throws Exception {
    String id = UUID.randomUUID().toString();
    PartShape shape = PartShape.of(0, DType.F32, grid.tokens(), spec.config().text().hiddenSize());
    try (Arena arena = Arena.ofShared()) {
      Reservation reservation = receiver.reserve(id, shape, arena.allocate(shape.bytes(), 64));
      try {
        reservation.received().thenRun(reservation::commit);
        // The id is the cache key too: every picture is encoded.
        Asker.drain(
            asker
                .encoder()
                .encode(
                    asker.encodeRequest(
                        id, 0, new Picture(png, grid, id), signer.sign(receiver.ticket(id)))));
      } finally {
        reservation.release();
      }
    }
    return id;
  }

  private List<Value> prefill(Asker asker, int askers) throws Exception {
    Sampling one = Sampling.newBuilder().setMaxTokens(1).build();
    Load.Done<Integer> done = Load.during(TIME, askers, n -> prefill(asker, one));
    int tokens = done.answers().stream().mapToInt(Integer::intValue).sum();
    return List.of(new Value("", "tokens/s", tokens / done.seconds()));
  }

  private int prefill(Asker asker, Sampling sampling) {
    PrefillRequest request =
        asker
            .request(UUID.randomUUID().toString(), List.of(), longQuestion, sampling, false)
            .build();
    Iterator<PrefillEvent> events = asker.prefill().run(request);
    Finished finished = Finished.getDefaultInstance();
    while (events.hasNext()) {
      finished = events.next().getFinished();
    }
    if (finished.getCompletionTokens() != 1) {
      throw new IllegalStateException("prefill gave " + finished);
    }
    return request.getInputIdsCount();
  }

  private List<Value> decode(Asker asker, int askers) throws Exception {
    Sampling endless =
        Sampling.newBuilder()
            .setTemperature(1)
            .setSeed(Main.SEED)
            .setMaxTokens(ANSWER_TOKENS)
            .build();
    List<HandedOver> begun = new ArrayList<>();
    for (int i = 0; i < askers; i++) {
      begun.add(asker.handOver(List.of(), "What is in the picture?", endless));
    }
    Load.Done<Integer> done =
        Load.of(askers, askers, n -> asker.generate(begun.get(n), endless).told().size() - 1);
    int tokens = done.answers().stream().mapToInt(Integer::intValue).sum();
    return List.of(new Value("", "tokens/s", tokens / done.seconds()));
  }

  /** As many words as {@link #PROMPT_TOKENS} tokens hold. */
  private String question() {
    String word = "What is in the picture? ";
    String text = word;
    while (PictureModel.prompt(spec, List.of(), text + word).length() <= PROMPT_TOKENS) {
      text += word;
    }
    return text;
  }

  @Override
  public void close() {
    receiver.close();
    spec.close();
  }
}
