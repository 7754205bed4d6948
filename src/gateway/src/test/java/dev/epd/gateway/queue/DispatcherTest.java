package dev.epd.gateway.queue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.epd.contract.Role;
import dev.epd.gateway.openai.ApiException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class DispatcherTest {
  private static final Set<Role> SPLIT = Set.of(Role.ENCODER, Role.PREFILL, Role.DECODE);

  private record Pod(Role role, String podName, int maxRequests, int maxImages) implements Worker {}

  /** Notes what it is granted. */
  private static final class Asker implements Grants {
    final String name;
    final List<String> log;
    boolean started;
    final List<Worker> places = new ArrayList<>();

    Asker(String name, List<String> log) {
      this.name = name;
      this.log = log;
    }

    @Override
    public void started(Worker prefill, @Nullable Worker decode) {
      started = true;
      log.add(name);
    }

    @Override
    public void placed(int image, Worker encoder) {
      places.add(encoder);
    }
  }

  private final Pod encoder = new Pod(Role.ENCODER, "e1", 0, 1);
  private final Pod encoder2 = new Pod(Role.ENCODER, "e2", 0, 1);
  private final Pod prefill = new Pod(Role.PREFILL, "p", 1, 1);
  private final Pod decode = new Pod(Role.DECODE, "d", 1, 1);
  private final List<String> log = new ArrayList<>();
  private final List<Worker> gone = new ArrayList<>();
  private long now = 1_000;
  private final Dispatcher dispatcher =
      new Dispatcher(new QueueLimits(6, 1000, 1000, 3), SPLIT, () -> now, gone::add);

  private static Demand images(String tenant, long deadline, int... patches) {
    var pictures = new ArrayList<Demand.Picture>();
    for (int patch : patches) {
      pictures.add(new Demand.Picture(patch, 10, "key" + patch));
    }
    return new Demand(tenant, deadline, 100, pictures);
  }

  private Asker asker(String name) {
    return new Asker(name, log);
  }

  @Test
  void nothingIsHeldBeforeEverythingIsThere() throws ApiException {
    var image = asker("image");
    dispatcher.submit(images("", 10, 4), image);
    dispatcher.setWorkers(List.of(prefill, decode));
    assertThat(image.started).isFalse();
    var text = asker("text");
    dispatcher.submit(new Demand("", 10, 30, List.of()), text);
    assertThat(text.started).isTrue();
    dispatcher.setWorkers(List.of(prefill, decode, encoder));
    assertThat(image.started).isFalse();
    assertThat(dispatcher.outstandingPatches("e1")).isZero();
  }

  @Test
  @Timeout(60)
  void whoWaitsForImagesIsToldOfTheFirst() throws Exception {
    assertThat(dispatcher.awaitImages(Duration.ZERO)).isFalse();
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      Future<Boolean> told = threads.submit(() -> dispatcher.awaitImages(Duration.ofHours(1)));
      dispatcher.submit(new Demand("", 10, 30, List.of()), asker("text"));
      assertThat(told.isDone()).isFalse();
      dispatcher.submit(images("", 10, 4), asker("image"));
      assertThat(told.get()).isTrue();
    }
    dispatcher.setWorkers(List.of(prefill, decode, encoder));
    assertThat(dispatcher.awaitImages(Duration.ofMillis(1))).as("it has a place now").isTrue();
  }

  @Test
  void whatIsGivenBackGoesToTheNext() throws ApiException {
    dispatcher.setWorkers(List.of(encoder, prefill, decode));
    var first = asker("first");
    var second = asker("second");
    Entry entry = dispatcher.submit(images("", 10, 4), first);
    dispatcher.submit(images("", 10, 5), second);
    assertThat(first.places).containsExactly(encoder);
    assertThat(dispatcher.depth().images()).isEqualTo(1);
    dispatcher.imageDone(entry, 0);
    assertThat(second.started).isFalse();
    dispatcher.close(entry);
    dispatcher.close(entry);
    assertThat(second.places).containsExactly(encoder);
    assertThat(dispatcher.depth()).isEqualTo(new Dispatcher.Depth(0, 0, 0, 0));
  }

  @Test
  void imagesOfStartedRequestsComeFirst() throws ApiException {
    var prefill2 = new Pod(Role.PREFILL, "p2", 5, 5);
    var decode2 = new Pod(Role.DECODE, "d2", 5, 5);
    dispatcher.setWorkers(List.of(encoder, prefill2, decode2));
    var first = asker("first");
    var second = asker("second");
    Entry entry = dispatcher.submit(images("", 20, 4, 5), first);
    dispatcher.submit(images("", 1, 6), second);
    dispatcher.imageDone(entry, 0);
    assertThat(first.places).hasSize(2);
    assertThat(second.started).isFalse();
    dispatcher.imageDone(entry, 1);
    assertThat(second.started).isTrue();
  }

  @Test
  void anImageThatFailedGoesToAnotherEncoder() throws ApiException {
    dispatcher.setWorkers(List.of(encoder, encoder2, prefill, decode));
    var asker = asker("a");
    Entry entry = dispatcher.submit(images("", 10, 4), asker);
    Worker first = asker.places.getFirst();
    dispatcher.imageFailed(entry, 0);
    assertThat(dispatcher.outstandingPatches(first.podName())).isZero();
    dispatcher.imageAgain(entry, 0);
    assertThat(asker.places).hasSize(2).doesNotHaveDuplicates();
    dispatcher.imageFailed(entry, 0);
    dispatcher.imageAgain(entry, 0);
    assertThat(asker.places).as("any is better than none").hasSize(3);
  }

  @Test
  void anEncoderThatHasTheImageIsPreferred() throws ApiException {
    var big1 = new Pod(Role.ENCODER, "big1", 0, 10);
    var big2 = new Pod(Role.ENCODER, "big2", 0, 10);
    var manyPrefill = new Pod(Role.PREFILL, "p9", 10, 10);
    var manyDecode = new Pod(Role.DECODE, "d9", 10, 10);
    dispatcher.setWorkers(List.of(big1, big2, manyPrefill, manyDecode));
    var first = asker("1");
    var other = asker("2");
    var again = asker("3");
    dispatcher.submit(images("", 10, 7), first);
    dispatcher.submit(images("", 10, 8), other);
    dispatcher.submit(images("", 10, 7), again);
    assertThat(other.places).isNotEqualTo(first.places);
    assertThat(again.places).isEqualTo(first.places);
  }

  @Test
  void thatAnImageWasCachedIsToldOnce() throws ApiException {
    Entry entry = dispatcher.submit(images("", 10, 4), asker("image"));
    assertThat(dispatcher.imageWasCached(entry, 0)).hasValue(4);
    assertThat(dispatcher.imageWasCached(entry, 0)).isEmpty();
  }

  @Test
  void tenantsShareByWorkAndDeadlinesOrderWithinOne() throws ApiException {
    dispatcher.submit(images("loud", 5, 100), asker("loud1"));
    dispatcher.submit(images("loud", 4, 100), asker("loud0"));
    dispatcher.submit(images("quiet", 9, 10), asker("quiet1"));
    dispatcher.submit(images("quiet", 9, 10), asker("quiet2"));
    var prefill2 = new Pod(Role.PREFILL, "p2", 9, 9);
    var decode2 = new Pod(Role.DECODE, "d2", 9, 9);
    dispatcher.setWorkers(List.of(new Pod(Role.ENCODER, "e", 0, 9), prefill2, decode2));
    assertThat(log).containsExactly("loud0", "quiet1", "quiet2", "loud1");
  }

  @Test
  void boundsHoldForWholeRequests() throws ApiException {
    dispatcher.submit(images("", 1, 1, 1, 1, 1), asker("a"));
    assertThatThrownBy(() -> dispatcher.submit(images("", 1, 1, 1, 1), asker("b")))
        .isInstanceOfSatisfying(
            ApiException.class,
            e -> {
              assertThat(e.status()).isEqualTo(429);
              assertThat(e.retryAfter()).isNotNull();
            });
    assertThatThrownBy(() -> dispatcher.submit(images("", 1, 999), asker("c")))
        .isInstanceOf(ApiException.class);
    dispatcher.submit(images("", 1, 1, 1), asker("d"));
    now += 2_500_000_000L;
    assertThat(dispatcher.depth()).isEqualTo(new Dispatcher.Depth(6, 6, 2.5, 0));
  }

  @Test
  void aRestartedRequestKeepsItsTurnAndHoldsNothingMeanwhile() throws ApiException {
    dispatcher.setWorkers(List.of(encoder, prefill, decode));
    var first = asker("first");
    Entry entry = dispatcher.submit(images("", 1, 3), first);
    var second = asker("second");
    dispatcher.submit(images("", 2, 3), second);
    dispatcher.suspend(entry);
    assertThat(log).containsExactly("first", "second");
    dispatcher.restart(entry);
    assertThat(dispatcher.depth().images()).isEqualTo(1);
    dispatcher.close(entry);
    assertThat(dispatcher.depth().images()).isZero();
  }

  @Test
  void aWorkerThatGoesIsToldOnceItHoldsNothing() throws ApiException {
    dispatcher.setWorkers(List.of(encoder, prefill, decode));
    Entry entry = dispatcher.submit(images("", 1, 3), asker("a"));
    dispatcher.setWorkers(List.of(prefill, decode));
    assertThat(gone).isEmpty();
    dispatcher.imageDone(entry, 0);
    assertThat(gone).containsExactly(encoder);
  }

  @Test
  void whatPrefillHoldsUpIsNotTheEncoders() throws ApiException {
    var wide = new Pod(Role.ENCODER, "wide", 0, 9);
    var slots = new Pod(Role.DECODE, "slots", 9, 9);
    dispatcher.setWorkers(List.of(wide, prefill, slots));
    Entry first = dispatcher.submit(images("", 10, 4), asker("first"));
    assertThat(dispatcher.downstream()).isEqualTo(new Downstream(0, 0, 0, 0, 0));
    dispatcher.imageDone(first, 0);
    assertThat(dispatcher.downstream().prefillTokens()).as("in hand").isEqualTo(100);

    dispatcher.submit(images("", 10, 5, 6), asker("second"));
    dispatcher.submit(new Demand("", 10, 30, List.of()), asker("text"));
    assertThat(dispatcher.downstream()).isEqualTo(new Downstream(2, 0, 11, 0, 230));
    assertThat(dispatcher.depth().patches()).isEqualTo(11);

    // With room at prefill both start, and decode has slots enough.
    dispatcher.setWorkers(List.of(wide, prefill, new Pod(Role.PREFILL, "more", 9, 9), slots));
    assertThat(dispatcher.downstream().prefillPatches()).isZero();
    assertThat(dispatcher.downstream().prefillTokens()).isEqualTo(130);
  }

  @Test
  void picturesThatWaitForPrefillToEncodeThemCountThereAsTokens() throws ApiException {
    var inline =
        new Dispatcher(
            new QueueLimits(6, 1000, 1000, 3),
            Set.of(Role.PREFILL, Role.DECODE),
            () -> now,
            gone::add);
    // Room for requests, none for pictures.
    inline.setWorkers(
        List.of(new Pod(Role.PREFILL, "p9", 9, 2), new Pod(Role.DECODE, "slots", 9, 9)));
    inline.submit(images("", 10, 4, 5), asker("first"));
    assertThat(inline.downstream()).isEqualTo(new Downstream(0, 0, 0, 0, 100));
    inline.submit(images("", 10, 6), asker("second"));
    assertThat(log).containsExactly("first");
    assertThat(inline.downstream()).isEqualTo(new Downstream(1, 0, 6, 0, 200));
  }

  @Test
  void whatDecodeHoldsUpIsNotTheEncoders() throws ApiException {
    var wide = new Pod(Role.ENCODER, "wide", 0, 9);
    dispatcher.setWorkers(List.of(wide, new Pod(Role.PREFILL, "places", 9, 9), decode));
    Entry first = dispatcher.submit(images("", 10, 4), asker("first"));
    dispatcher.imageDone(first, 0);
    dispatcher.prefillDone(first);
    dispatcher.submit(images("", 10, 5), asker("second"));
    assertThat(dispatcher.downstream()).isEqualTo(new Downstream(0, 1, 0, 5, 0));
    dispatcher.close(first);
    assertThat(dispatcher.downstream()).isEqualTo(new Downstream(0, 0, 0, 0, 0));
  }

  @Test
  void whatWaitsForAnEncoderIsNotHeldUpByOthers() throws ApiException {
    // Places at prefill are all held by a request whose images wait for encoders.
    dispatcher.setWorkers(List.of(encoder, prefill, decode));
    dispatcher.submit(images("", 10, 4, 5), asker("first"));
    dispatcher.submit(images("", 10, 6), asker("second"));
    assertThat(dispatcher.depth().patches()).isEqualTo(11);
    assertThat(dispatcher.downstream()).isEqualTo(new Downstream(0, 0, 0, 0, 0));
  }

  @Test
  void placesThatWaitForEmbeddingsAreTheEncodersDoing() throws ApiException {
    // The encoder is busy and has room in its queue; prefill's places wait for what it encodes.
    dispatcher.setWorkers(
        List.of(
            new Pod(Role.ENCODER, "wide", 0, 9),
            new Pod(Role.PREFILL, "p2", 2, 9),
            new Pod(Role.DECODE, "d9", 9, 9)));
    Entry first = dispatcher.submit(images("", 10, 4), asker("first"));
    Entry second = dispatcher.submit(images("", 10, 5), asker("second"));
    dispatcher.submit(images("", 10, 6), asker("third"));
    assertThat(dispatcher.downstream()).isEqualTo(new Downstream(0, 0, 0, 0, 0));
    dispatcher.imageDone(first, 0);
    assertThat(dispatcher.downstream()).isEqualTo(new Downstream(0, 0, 0, 0, 100));
    dispatcher.imageDone(second, 0);
    assertThat(dispatcher.downstream()).isEqualTo(new Downstream(1, 0, 6, 0, 300));
  }
}
