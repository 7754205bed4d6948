package dev.epd.gateway;

import static dev.epd.gateway.FakeCluster.hash;
import static dev.epd.gateway.FakeCluster.words;
import static dev.epd.gateway.TestGateway.content;
import static dev.epd.gateway.TestGateway.picture;
import static dev.epd.gateway.TestGateway.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.epd.contract.Role;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

/** Many at once: each its own answer, bounds that hold, nothing lost. */
class LoadTest {

  private static Map<byte[], CompletableFuture<HttpResponse<String>>> ask(
      TestGateway test, int requests) {
    Map<byte[], CompletableFuture<HttpResponse<String>>> answers = new LinkedHashMap<>();
    for (int i = 0; i < requests; i++) {
      byte[] file = Pictures.png(224, 224, i);
      answers.put(file, test.chatAsync(picture(file)));
    }
    return answers;
  }

  @Test
  void twoHundredAtOnceGetTheirOwnAnswers() {
    try (var test = TestGateway.of(TestGateway.SPLIT)) {
      var answers = ask(test, 200);

      answers.forEach(
          (file, answer) -> {
            assertThat(answer.join().statusCode()).as(answer.join().body()).isEqualTo(200);
            assertThat(content(answer.join())).isEqualTo(words(hash(file)));
          });

      assertThat(test.count("epd_requests_admitted_total")).isEqualTo(200);
      await().untilAsserted(() -> assertThat(test.gateway.activeRequests()).isZero());
      assertThat(test.count("epd_requests_total", "outcome", "completed")).isEqualTo(200);
      assertThat(test.count("epd_image_arrived_patches_total")).isEqualTo(200 * 256);
      assertThat(test.gauge("epd_image_queue_images")).isZero();
      assertThat(test.gauge("epd_image_outstanding_patches")).isZero();
      assertThat(test.cluster.slots).isEmpty();
    }
  }

  @Test
  void theOverflowOfAFullQueueIsRefusedAtOnceAndTheRestAnswered() {
    try (var test =
        new TestGateway(TestGateway.SPLIT, c -> c.withQueue(c.queue().withMaxImages(50)))) {
      var encoder = new FakePod(test.cluster, Role.ENCODER, "e");
      encoder.maxImages = 4;
      encoder.gate = new CountDownLatch(1);
      test.cluster.add(encoder);
      test.cluster.add(Role.PREFILL, "p");
      test.cluster.add(Role.DECODE, "d");
      // The encoder's four places are taken first: the queue then holds 50 and not one more.
      var first = ask(test, 4);
      await().atMost(Duration.ofSeconds(30)).until(() -> encoder.live.get() == 4);

      var answers = ask(test, 196);

      // While the encoder stands still only refusals can be answers.
      await()
          .atMost(Duration.ofSeconds(60))
          .until(() -> answers.values().stream().filter(CompletableFuture::isDone).count() == 146);
      assertThat(test.gauge("epd_image_queue_images")).isEqualTo(50);
      assertThat(test.gauge("epd_image_queue_patches")).isEqualTo(50 * 256);
      assertThat(test.gauge("epd_image_queue_oldest_seconds")).isPositive();
      assertThat(test.gauge("epd_image_outstanding_patches")).isEqualTo(4 * 256);
      encoder.gate.countDown();
      int refused = 0;
      for (var entry : answers.entrySet()) {
        var response = entry.getValue().join();
        if (response.statusCode() == 429) {
          refused++;
          assertThat(response.headers().firstValueAsLong("Retry-After").orElse(0)).isPositive();
          assertThat(TestGateway.json(response).path("error").path("code").asText())
              .isEqualTo("image_queue_full");
        } else {
          assertThat(content(response)).isEqualTo(words(hash(entry.getKey())));
        }
      }
      first.forEach(
          (file, answer) -> assertThat(content(answer.join())).isEqualTo(words(hash(file))));
      assertThat(refused).isEqualTo(146);
      assertThat(encoder.mostLive.get()).isLessThanOrEqualTo(4);
    }
  }

  @Test
  void aRequestIsAdmittedWithAllItsImagesOrNone() {
    try (var test =
        new TestGateway(TestGateway.SPLIT, c -> c.withQueue(c.queue().withMaxImages(2)))) {
      byte[] file = Pictures.png(56, 56, 0);
      var response = test.chat(picture(file, file, file));
      assertThat(response.statusCode()).isEqualTo(429);
      assertThat(test.gauge("epd_image_queue_images")).isZero();
    }
  }

  @Test
  void manyImagesAndFewPlacesDoNotLockUp() {
    try (var test = new TestGateway(TestGateway.SPLIT, c -> c)) {
      for (Role role : TestGateway.SPLIT) {
        var pod = new FakePod(test.cluster, role, role.wireName());
        pod.maxImages = 2;
        pod.maxRequests = 3;
        test.cluster.add(pod);
      }
      List<CompletableFuture<HttpResponse<String>>> answers = new ArrayList<>();
      List<String> expected = new ArrayList<>();
      for (int i = 0; i < 30; i++) {
        byte[] a = Pictures.png(56, 56, 3 * i);
        byte[] b = Pictures.png(56, 56, 3 * i + 1);
        byte[] c = Pictures.png(56, 56, 3 * i + 2);
        expected.add(words(hash(a), hash(b), hash(c)));
        answers.add(test.chatAsync(picture(a, b, c)));
        answers.add(test.chatAsync(text("and text between " + i)));
      }
      for (int i = 0; i < 30; i++) {
        assertThat(content(answers.get(2 * i).join())).isEqualTo(expected.get(i));
        assertThat(answers.get(2 * i + 1).join().statusCode()).isEqualTo(200);
      }
    }
  }

  @Test
  void textGoesOnWhileImagesWaitForAnEncoder() {
    try (var test = new TestGateway(TestGateway.SPLIT, c -> c)) {
      var prefill = new FakePod(test.cluster, Role.PREFILL, "p");
      prefill.maxRequests = 1;
      test.cluster.add(prefill);
      test.cluster.add(Role.DECODE, "d");
      byte[] file = Pictures.png(56, 56, 0);
      var waiting = test.chatAsync(picture(file));
      await().until(() -> test.gauge("epd_image_queue_images") == 1);

      assertThat(test.chat(text("hello")).statusCode()).isEqualTo(200);

      assertThat(waiting).isNotDone();
      test.cluster.add(Role.ENCODER, "e");
      assertThat(content(waiting.join())).isEqualTo(words(hash(file)));
    }
  }
}
