package dev.epd.gateway;

import static dev.epd.gateway.FakeCluster.hash;
import static dev.epd.gateway.FakeCluster.words;
import static dev.epd.gateway.TestGateway.content;
import static dev.epd.gateway.TestGateway.events;
import static dev.epd.gateway.TestGateway.json;
import static dev.epd.gateway.TestGateway.picture;
import static dev.epd.gateway.TestGateway.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.epd.contract.ErrorKind;
import dev.epd.contract.Role;
import java.io.InputStream;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Pods and clients that fail: an answer, or a clear error, and nothing held afterwards. */
class FaultTest {
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private final TestGateway test = new TestGateway(TestGateway.SPLIT, c -> c);
  private final byte[] file = Pictures.png(112, 112, 5);
  private FakePod encoder;
  private FakePod prefill;
  private FakePod decode;

  @BeforeEach
  void pods() {
    encoder = test.cluster.add(Role.ENCODER, "encoder-a");
    prefill = test.cluster.add(Role.PREFILL, "prefill-a");
    decode = test.cluster.add(Role.DECODE, "decode-a");
  }

  @AfterEach
  void everyRequestHasOneOutcomeAndNothingIsHeld() {
    try (test) {
      await()
          .atMost(PATIENCE)
          .untilAsserted(
              () -> {
                assertThat(test.gateway.activeRequests()).isZero();
                assertThat(test.count("epd_requests_total"))
                    .isEqualTo(test.count("epd_requests_admitted_total"));
                assertThat(test.gauge("epd_requests_active")).isZero();
                assertThat(test.gauge("epd_image_queue_images")).isZero();
                assertThat(test.gauge("epd_image_queue_patches")).isZero();
              });
    }
  }

  @Test
  void anImageGoesToAnotherEncoderWhenOneDies() {
    encoder.gate = new CountDownLatch(1);
    var answer = test.chatAsync(picture(file));
    await().atMost(PATIENCE).until(() -> encoder.live.get() == 1);
    var other = test.cluster.add(Role.ENCODER, "encoder-b");

    encoder.kill();

    assertThat(content(answer.join())).isEqualTo(words(hash(file)));
    assertThat(other.calls.get()).isEqualTo(1);
  }

  @ParameterizedTest
  @EnumSource(names = {"UNAVAILABLE", "INTERNAL", "OVERLOADED", "RESERVATION_LOST"})
  void aFailingEncoderIsTriedAgain(ErrorKind kind) {
    encoder.failure = kind;
    encoder.failures.set(2);
    assertThat(content(test.chat(picture(file)))).isEqualTo(words(hash(file)));
  }

  @Test
  void anEncoderThatAlwaysFailsEndsInAnErrorWithoutItsWords() {
    encoder.failure = ErrorKind.INTERNAL;
    encoder.failures.set(1000);
    var response = test.chat(picture(file));
    assertThat(response.statusCode()).isEqualTo(500);
    assertThat(json(response).path("error").path("code").asText()).isEqualTo("internal_error");
    assertThat(response.body()).doesNotContain("10.1.2.3");
    assertThat(encoder.calls.get()).isEqualTo(9);
  }

  @Test
  void aDamagedImageIsTheClientsFaultAndNotTriedAgain() {
    encoder.failure = ErrorKind.INVALID_IMAGE;
    encoder.failures.set(1);
    var response = test.chat(picture(file));
    assertThat(response.statusCode()).isEqualTo(ErrorKind.INVALID_IMAGE.httpStatus());
    assertThat(json(response).path("error").path("code").asText()).isEqualTo("invalid_image");
    assertThat(json(response).path("error").path("param").asText())
        .isEqualTo("messages[0].content[0].image_url.url");
    assertThat(encoder.calls.get()).isEqualTo(1);
  }

  @Test
  void withoutAnyEncoderAnImageWaitsForOne() {
    test.cluster.remove(encoder);
    encoder.kill();
    var answer = test.chatAsync(picture(file));
    await().atMost(PATIENCE).until(() -> test.gauge("epd_image_queue_images") == 1);
    test.cluster.add(Role.ENCODER, "encoder-b");
    assertThat(content(answer.join())).isEqualTo(words(hash(file)));
  }

  @Test
  void withoutAnyEncoderTheDeadlineEndsTheWait() {
    test.cluster.remove(encoder);
    encoder.kill();
    HttpRequest request =
        test.request(picture(file).toString()).header("x-request-timeout-ms", "700").build();
    var response = test.send(request);
    assertThat(response.statusCode()).isEqualTo(503);
    assertThat(response.headers().firstValue("Retry-After")).isPresent();
    assertThat(json(response).path("error").path("code").asText()).isEqualTo("no_capacity");
  }

  @Test
  void aWaitingStreamIsKeptAliveAndEndsInAnErrorEvent() {
    test.cluster.remove(encoder);
    encoder.kill();
    String body = picture(file).put("stream", true).toString();
    var response = test.send(test.request(body).header("x-request-timeout-ms", "2500").build());
    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(response.body()).contains(": keep-alive").doesNotContain("[DONE]");
    assertThat(events(response.body())).last().asString().contains("\"code\":\"no_capacity\"");
  }

  @Test
  void aDeadPrefillIsReplacedBeforeTheFirstToken() {
    prefill.gate = new CountDownLatch(1);
    var answer = test.chatAsync(picture(file));
    await().atMost(PATIENCE).until(() -> prefill.live.get() == 1);
    test.cluster.add(Role.PREFILL, "prefill-b");

    prefill.kill();

    assertThat(content(answer.join())).isEqualTo(words(hash(file)));
    await().atMost(PATIENCE).untilAsserted(() -> assertThat(decode.reserved.get()).isZero());
  }

  @Test
  void aDeadDecodeIsReplacedBeforeItsFirstToken() {
    decode.gate = new CountDownLatch(1);
    var answer = test.chatAsync(picture(file).put("stream", true));
    await().atMost(PATIENCE).until(() -> decode.live.get() == 1);
    test.cluster.add(Role.DECODE, "decode-b");

    decode.kill();

    var response = answer.join();
    assertThat(events(response.body())).last().isEqualTo("[DONE]");
    assertThat(streamed(response.body())).isEqualTo(words(hash(file)));
  }

  private static String streamed(String body) {
    StringBuilder words = new StringBuilder();
    for (String event : events(body)) {
      if (event.startsWith("{")) {
        try {
          words.append(
              TestGateway.JSON
                  .readTree(event)
                  .path("choices")
                  .path(0)
                  .path("delta")
                  .path("content")
                  .asText());
        } catch (java.io.IOException e) {
          throw new java.io.UncheckedIOException(e);
        }
      }
    }
    return words.toString();
  }

  @Test
  void aDecodeThatDiesMidStreamEndsInAnErrorEvent() {
    test.cluster.fixedAnswer = "one two three four five six";
    decode.breakAfterTokens = 3;
    var response = test.chat(text("count").put("stream", true));
    assertThat(response.body()).doesNotContain("[DONE]").doesNotContain("10.1.2.3");
    assertThat(events(response.body())).last().asString().contains("\"error\"");

    var whole = test.chat(text("count"));
    assertThat(whole.statusCode()).isEqualTo(503);
    assertThat(whole.headers().firstValue("Retry-After")).isPresent();
  }

  @Test
  void aPodThatComesBackUnderItsNameIsUsedAgain() {
    assertThat(test.chat(picture(file)).statusCode()).isEqualTo(200);
    for (FakePod dead : new FakePod[] {encoder, prefill, decode}) {
      dead.kill();
      var answer = test.chatAsync(picture(Pictures.png(56, 56, 9)));
      await().pollDelay(Duration.ofMillis(500)).until(() -> !answer.isDone());
      test.cluster.add(dead.role, dead.name);
      assertThat(answer.join().statusCode()).as(dead.name).isEqualTo(200);
    }
  }

  @Test
  void aFullDecodeIsWaitedFor() {
    decode.reserved.set(64);
    var answer = test.chatAsync(text("hello"));
    await().pollDelay(Duration.ofMillis(300)).until(() -> !answer.isDone());
    decode.reserved.set(0);
    assertThat(answer.join().statusCode()).isEqualTo(200);
  }

  @Test
  void aPodOfAnotherModelIsNotUsed() {
    var wrong = new FakePod(test.cluster, Role.ENCODER, "encoder-wrong");
    wrong.fingerprint = "another";
    test.cluster.add(wrong);
    await()
        .atMost(PATIENCE)
        .until(
            () ->
                test.count("epd_gateway_nodes_refused_total", "reason", "model_fingerprint") == 1);
    await().atMost(PATIENCE).until(() -> test.gauge("epd_gateway_refused_pods") == 1);
    for (int i = 0; i < 5; i++) {
      assertThat(test.chat(picture(Pictures.png(56, 56, i))).statusCode()).isEqualTo(200);
    }
    assertThat(wrong.calls.get()).isZero();
    assertThat(test.gauge("epd_gateway_refused_pods", "role", "encoder")).isEqualTo(1);
    assertThat(test.gauge("epd_gateway_usable_pods", "role", "encoder")).isEqualTo(1);
    test.cluster.remove(wrong);
    await().atMost(PATIENCE).until(() -> test.gauge("epd_gateway_refused_pods") == 0);
  }

  /** As while a pool is removed: nobody waits for its pods, whether they fit or not. */
  @Test
  void podsOfARoleThatIsNotUsedAreNotCounted() {
    try (TestGateway alone = TestGateway.of(Set.of(Role.PREFILL))) {
      var encoder = new FakePod(alone.cluster, Role.ENCODER, "encoder-left");
      encoder.fingerprint = "another";
      alone.cluster.add(encoder);
      var prefill = new FakePod(alone.cluster, Role.PREFILL, "prefill-wrong");
      prefill.fingerprint = "another";
      alone.cluster.add(prefill);
      await()
          .atMost(PATIENCE)
          .until(
              () ->
                  alone.count("epd_gateway_nodes_refused_total", "reason", "model_fingerprint")
                      == 2);
      await().atMost(PATIENCE).until(() -> alone.gauge("epd_gateway_refused_pods") == 1);
      assertThat(alone.gauge("epd_gateway_usable_pods")).isEqualTo(1);
      assertThat(alone.gauge("epd_gateway_usable_pods", "role", "prefill")).isEqualTo(1);
    }
  }

  @Test
  void aPodThatIsBeingDeletedFinishesButGetsNothingNew() {
    encoder.gate = new CountDownLatch(1);
    var running = test.chatAsync(picture(file));
    await().atMost(PATIENCE).until(() -> encoder.live.get() == 1);
    encoder.deleting = true;
    test.cluster.add(Role.ENCODER, "encoder-b");
    byte[] second = Pictures.png(56, 56, 77);
    assertThat(content(test.chat(picture(second)))).isEqualTo(words(hash(second)));
    encoder.gate.countDown();
    assertThat(content(running.join())).isEqualTo(words(hash(file)));
    assertThat(encoder.calls.get()).isEqualTo(1);
  }

  @Test
  void aClientThatLeavesMidStreamFreesEverything() throws Exception {
    test.cluster.fixedAnswer = "one two three four five six seven eight nine ten ".repeat(10);
    decode.tokenMillis = 50;
    HttpRequest request = test.request(text("count").put("stream", true).toString()).build();
    InputStream stream = test.client.send(request, BodyHandlers.ofInputStream()).body();
    assertThat(stream.readNBytes(200)).hasSize(200);

    stream.close();

    await().atMost(PATIENCE).until(() -> decode.cancelled.get() == 1);
    await().atMost(PATIENCE).until(() -> decode.live.get() == 0 && decode.reserved.get() == 0);
    await()
        .atMost(PATIENCE)
        .until(() -> test.count("epd_requests_total", "outcome", "cancelled") == 1);
  }

  @Test
  void aClientThatLeavesWhileItWaitsFreesItsPlace() {
    encoder.gate = new CountDownLatch(1);
    var answer = test.chatAsync(picture(file));
    await().atMost(PATIENCE).until(() -> encoder.live.get() == 1);

    answer.cancel(true);

    await().atMost(PATIENCE).until(() -> encoder.cancelled.get() == 1);
    await().atMost(PATIENCE).until(() -> decode.reserved.get() == 0);
    encoder.gate.countDown();
  }

  @Test
  void aStopStringCancelsTheRest() {
    test.cluster.fixedAnswer = "one two three four five six seven eight nine ten ".repeat(10);
    decode.tokenMillis = 20;
    var response = test.chat(text("count").put("stop", "three"));
    assertThat(content(response)).isEqualTo("one two ");
    await().atMost(PATIENCE).until(() -> decode.cancelled.get() == 1);
  }

  @Test
  void drainingFinishesWhatRunsAndTakesNothingNew() throws Exception {
    decode.gate = new CountDownLatch(1);
    var running = test.chatAsync(text("hello"));
    await().atMost(PATIENCE).until(() -> decode.live.get() == 1);

    assertThat(test.gateway.drain(Duration.ofMillis(50))).isFalse();

    assertThat(test.get("/readyz").statusCode()).isEqualTo(503);
    assertThat(test.get("/livez").statusCode()).isEqualTo(200);
    var refused = test.chat(text("late"));
    assertThat(refused.statusCode()).isEqualTo(503);
    assertThat(refused.headers().firstValue("Connection")).hasValue("close");
    decode.gate.countDown();
    assertThat(test.gateway.drain(PATIENCE)).isTrue();
    assertThat(running.join().statusCode()).isEqualTo(200);
  }
}
