package dev.epd.runtimeimage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.epd.contract.ClusterKey;
import dev.epd.contract.Role;
import dev.epd.contract.v1.PrefillEvent;
import dev.epd.contract.v1.PrefillRequest;
import dev.epd.contract.v1.Sampling;
import dev.epd.contract.v1.Token;
import dev.epd.modelspec.ModelSpec;
import dev.epd.runtimeimage.PictureModel.Item;
import dev.epd.runtimeimage.PictureModel.Picture;
import io.grpc.Context;
import io.grpc.StatusRuntimeException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The program in processes of its own: three roles against one, faults, signals, flags. */
class PodsTest {
  /** Tokens of a chunk of prefill in the default configuration. */
  private static final int PREFILL_CHUNK = 256;

  private static final Duration PATIENCE = Duration.ofSeconds(90);

  @TempDir static Path folder;

  private static final Map<String, PodProcess> PODS = new TreeMap<>();
  private static ModelSpec spec;
  private static ClusterKey key;
  private static Asker split;
  private static Asker whole;

  @BeforeAll
  static void start() throws Exception {
    byte[] secret = new byte[32];
    new SecureRandom().nextBytes(secret);
    Files.write(folder.resolve("key"), secret);
    key = ClusterKey.load(folder.resolve("key"));
    spec = PictureModel.spec();
    for (String role : List.of("encoder", "prefill", "decode")) {
      PODS.put(role, pod(role, role, "encoder,prefill,decode"));
    }
    PODS.put("whole", pod("whole", "prefill", "prefill"));
    PODS.values().forEach(PodProcess::awaitReady);
    split = new Asker(spec, key);
    for (Role role : List.of(Role.ENCODER, Role.PREFILL, Role.DECODE)) {
      split.at(role, pod(role.wireName()).control(), pod(role.wireName()).transfer());
    }
    PodProcess one = pod("whole");
    whole = new Asker(spec, key).at(Role.PREFILL, one.control(), one.transfer());
  }

  private static PodProcess pod(String name, String role, String topology) throws Exception {
    return pod(name, role, topology, "200ms", "60s", "key");
  }

  private static PodProcess pod(
      String name,
      String role,
      String topology,
      String drainGrace,
      String drainTimeout,
      String keyFile)
      throws Exception {
    return PodProcess.start(
        folder,
        name,
        "--role=" + role,
        "--topology=" + topology,
        "--model-dir=" + PictureModel.CHECKPOINT,
        "--model-name=shapes",
        "--signing-key-file=" + folder.resolve(keyFile),
        "--bind-address=127.0.0.1",
        "--metrics-port=0",
        "--control-port=0",
        "--transfer-port=0",
        "--deterministic",
        "--threads=1",
        "--max-slots=8",
        "--max-images=32",
        "--drain-grace=" + drainGrace,
        "--drain-timeout=" + drainTimeout);
  }

  private static PodProcess pod(String name) {
    return Objects.requireNonNull(PODS.get(name));
  }

  @AfterAll
  static void stop() {
    split.close();
    whole.close();
    PODS.values().forEach(PodProcess::close);
    spec.close();
  }

  /**
   * Long answers without a stop token over prompts with one and with several pictures, in one chunk
   * of prefill and in several. Every token carries the CRC32C of the logits it was drawn from:
   * these agree only if embeddings, KV cache and every step are equal bit for bit.
   */
  @Test
  void threeProcessesAnswerAsOneBitForBit() {
    List<Item> items = PictureModel.items(spec);
    List<Picture> pictures = items.stream().map(Item::picture).distinct().toList();
    String longQuestion = "What is in the picture? ".repeat(90);
    List<CompletableFuture<Void>> checks = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      int first = i * 3;
      List<Picture> some = pictures.subList(first, first + 1 + (i % 3) * 2);
      String question = i < 5 ? "What is in the picture?" : longQuestion;
      int promptTokens = PictureModel.prompt(spec, some, question).length();
      assertThat(promptTokens > PREFILL_CHUNK).as("%d tokens", promptTokens).isEqualTo(i >= 5);
      Sampling sampling =
          Sampling.newBuilder().setTemperature(1).setSeed(i).setMaxTokens(96).build();
      checks.add(
          CompletableFuture.runAsync(
              () -> {
                List<Token> parted = split.split(some, question, sampling).told();
                assertThat(parted)
                    .hasSize(96)
                    .allSatisfy(token -> assertThat(token.getLogitsCrc32C()).isNotZero())
                    .isEqualTo(whole.inOne(some, question, sampling).told());
              },
              Thread::startVirtualThread));
    }
    checks.forEach(CompletableFuture::join);
  }

  @Test
  void anEncoderKilledMidWayLeavesNothingBehindAndAnotherTakesOver() throws Exception {
    Picture picture = PictureModel.items(spec).getFirst().picture();
    Asker doomed = new Asker(spec, key);
    PodProcess prefill = pod("prefill");
    doomed.at(Role.PREFILL, prefill.control(), prefill.transfer());
    double idle = prefill.metric("epd_prefill_embeddings_free_bytes");
    PrefillRequest request =
        split
            .request("killed", List.of(picture), "What is in the picture?", split.greedy(8), false)
            .build();
    try (PodProcess victim = pod("victim", "encoder", "encoder,prefill,decode").awaitReady();
        doomed) {
      doomed.at(Role.ENCODER, victim.control(), 0);
      Iterator<PrefillEvent> events = split.prefill().run(request);
      String reservation = events.next().getReserved().getReservationId();
      assertThat(victim.signal("STOP")).isZero();
      CompletableFuture<List<String>> encoding =
          CompletableFuture.supplyAsync(
              () ->
                  Asker.drain(
                      doomed
                          .encoder()
                          .encode(doomed.encodeRequest("killed", 0, picture, reservation, 0))),
              Thread::startVirtualThread);
      victim.process().destroyForcibly();
      assertThatThrownBy(() -> encoding.get(90, TimeUnit.SECONDS))
          .hasCauseInstanceOf(StatusRuntimeException.class);
      assertThat(
              Asker.drain(
                  split
                      .encoder()
                      .encode(split.encodeRequest("killed", 0, picture, reservation, 1))))
          .containsExactly("ACCEPTED", "ENCODED", "RECEIVED", "COMMITTED");
      List<String> rest = new ArrayList<>();
      events.forEachRemaining(e -> rest.add(e.getEventCase().name()));
      assertThat(rest).startsWith("IMAGE_ARRIVED", "TOKEN").endsWith("FINISHED");
    }
    // And nobody takes over: the request is given up.
    Context.CancellableContext context = Context.current().withCancellation();
    context.run(() -> assertThat(split.prefill().run(request).next().hasReserved()).isTrue());
    assertThat(prefill.metric("epd_prefill_embeddings_free_bytes")).isLessThan(idle);
    context.cancel(null);
    Awaitility.await()
        .atMost(PATIENCE)
        .untilAsserted(
            () -> {
              assertThat(prefill.metric("epd_prefill_embeddings_free_bytes")).isEqualTo(idle);
              assertThat(prefill.metric("epd_kv_slots_free")).isEqualTo(8);
              assertThat(prefill.metric("epd_role_running")).isZero();
            });
  }

  @Test
  void healthAndMetricsAreServed() {
    PodProcess encoder = pod("encoder");
    assertThat(encoder.get("/livez").statusCode()).isEqualTo(200);
    assertThat(encoder.get("/readyz").statusCode()).isEqualTo(200);
    split.split(
        List.of(PictureModel.items(spec).get(20).picture()),
        "What is in the picture?",
        split.greedy(4));
    String text = encoder.get("/metrics").body();
    assertThat(text)
        .contains(
            "epd_encoder_busy_seconds_total", "epd_encoder_patches_total", "jvm_memory_used_bytes");
    assertThat(encoder.metric("epd_encoder_patches_total")).isPositive();
  }

  @Test
  void sigtermLetsRunningWorkEndAndExitsWithZero() throws Exception {
    try (PodProcess pod = pod("drained", "prefill", "prefill").awaitReady();
        Asker asker = new Asker(spec, key)) {
      asker.at(Role.PREFILL, pod.control(), pod.transfer());
      Sampling endless = Sampling.newBuilder().setMaxTokens(900).build();
      Iterator<PrefillEvent> events =
          asker.prefill().run(asker.request("r", List.of(), "Hello", endless, false).build());
      events.next();
      assertThat(events.next().hasToken()).isTrue();
      assertThat(pod.signal("TERM")).isZero();
      Awaitility.await()
          .atMost(PATIENCE)
          .until(() -> !pod.process().isAlive() || pod.get("/readyz").statusCode() == 503);
      PrefillEvent last = PrefillEvent.getDefaultInstance();
      while (events.hasNext()) {
        last = events.next();
      }
      assertThat(last.getFinished().getCompletionTokens()).isEqualTo(900);
      assertThat(pod.process().waitFor(90, TimeUnit.SECONDS)).isTrue();
      assertThat(pod.process().exitValue()).as(pod.output()).isZero();
    }
  }

  /** Whoever has not heard of the end yet sends to it, also where the time to drain is short. */
  @Test
  void newWorkIsTakenForTheGraceTimeAndFinishedAfterIt() throws Exception {
    try (PodProcess pod = pod("grace", "prefill", "prefill", "5s", "1s", "key").awaitReady();
        Asker asker = new Asker(spec, key)) {
      asker.at(Role.PREFILL, pod.control(), pod.transfer());
      assertThat(pod.signal("TERM")).isZero();
      Awaitility.await().atMost(PATIENCE).until(() -> pod.get("/readyz").statusCode() == 503);
      // Longer than the time to drain.
      Thread.sleep(2_000);
      assertThat(finishes(asker)).isTrue();
      assertThat(pod.process().waitFor(90, TimeUnit.SECONDS)).isTrue();
      assertThat(pod.process().exitValue()).as(pod.output()).isZero();
    }
  }

  @Test
  void aSigningKeyThatIsReplacedIsTakenWithoutARestart() throws Exception {
    Path file = Files.writeString(folder.resolve("rotated"), "a".repeat(32));
    try (PodProcess pod =
            pod("rotated", "prefill", "prefill", "200ms", "60s", "rotated").awaitReady();
        Asker before = new Asker(spec, ClusterKey.load(file))) {
      before.at(Role.PREFILL, pod.control(), pod.transfer());
      assertThat(finishes(before)).isTrue();
      Files.writeString(file, "b".repeat(32));
      try (Asker after = new Asker(spec, ClusterKey.load(file))) {
        after.at(Role.PREFILL, pod.control(), pod.transfer());
        Awaitility.await().atMost(PATIENCE).ignoreExceptions().until(() -> finishes(after));
        assertThat(finishes(before)).as("others have not heard of it").isTrue();
      }
    }
  }

  private static boolean finishes(Asker asker) {
    Iterator<PrefillEvent> events =
        asker.prefill().run(asker.request("r", List.of(), "Hello", asker.greedy(4), false).build());
    PrefillEvent last = PrefillEvent.getDefaultInstance();
    while (events.hasNext()) {
      last = events.next();
    }
    return last.hasFinished();
  }

  @Test
  void workThatIsLeftWhenTheTimeToDrainIsOverExitsWithFour() throws Exception {
    try (PodProcess pod =
            pod("cut", "prefill", "encoder,prefill", "200ms", "100ms", "key").awaitReady();
        Asker asker = new Asker(spec, key)) {
      asker.at(Role.PREFILL, pod.control(), pod.transfer());
      Picture picture = PictureModel.items(spec).getFirst().picture();
      // It waits for a picture that nobody sends.
      Iterator<PrefillEvent> events =
          asker
              .prefill()
              .run(
                  asker
                      .request("r", List.of(picture), "What is it?", asker.greedy(8), false)
                      .build());
      assertThat(events.next().hasReserved()).isTrue();
      assertThat(pod.signal("TERM")).isZero();
      assertThat(pod.process().waitFor(90, TimeUnit.SECONDS)).isTrue();
      assertThat(pod.process().exitValue()).as(pod.output()).isEqualTo(4);
    }
  }

  @Test
  void whatCannotStartSaysWhyInOneLine() throws Exception {
    try (PodProcess missing =
        PodProcess.start(
            folder,
            "missing",
            "--role=prefill",
            "--model-dir=" + folder.resolve("nowhere"),
            "--signing-key-file=" + folder.resolve("key"),
            "--bind-address=127.0.0.1",
            "--metrics-port=0")) {
      assertThat(missing.process().waitFor(90, TimeUnit.SECONDS)).isTrue();
      assertThat(missing.process().exitValue()).isEqualTo(3);
      assertThat(missing.output().lines()).hasSize(1);
      assertThat(missing.output()).contains("nowhere: no such directory");
    }
  }
}
