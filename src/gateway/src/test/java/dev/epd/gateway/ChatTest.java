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

import com.fasterxml.jackson.databind.JsonNode;
import dev.epd.contract.Role;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Answers and their shape, in every topology. */
class ChatTest {
  private TestGateway test = TestGateway.of(TestGateway.SPLIT);

  @AfterEach
  void close() {
    test.close();
  }

  static List<Set<Role>> topologies() {
    return List.of(
        TestGateway.SPLIT,
        Set.of(Role.ENCODER, Role.PREFILL),
        Set.of(Role.PREFILL, Role.DECODE),
        Set.of(Role.PREFILL));
  }

  @ParameterizedTest
  @MethodSource("topologies")
  void answersAboutSeveralImagesInOrder(Set<Role> topology) {
    test.close();
    test = TestGateway.of(topology);
    byte[] first = Pictures.png(56, 56, 1);
    byte[] second = Pictures.png(112, 56, 2);

    var response = test.chat(picture(first, second));

    assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
    assertThat(content(response)).isEqualTo(words(hash(first), hash(second)));
    assertThat(test.count("epd_image_arrived_patches_total")).isEqualTo(16 + 32);
    // Counted once the answer has been written, which a client may see first.
    await().until(() -> test.count("epd_requests_total", "outcome", "completed") == 1);
  }

  @Test
  void anImageThatAnEncoderHadIsNoWork() {
    test.cluster.encodersCache = true;
    byte[] one = Pictures.png(56, 56, 1);
    for (int i = 0; i < 5; i++) {
      assertThat(test.chat(picture(one)).statusCode()).isEqualTo(200);
    }
    test.chat(picture(Pictures.png(112, 56, 2)));
    await()
        .untilAsserted(
            () -> assertThat(test.count("epd_image_arrived_patches_total")).isEqualTo(16 + 32));
    assertThat(test.count("epd_image_arrived_images_total")).isEqualTo(2);
  }

  @Test
  void textTouchesNoEncoder() {
    test.close();
    test = new TestGateway(TestGateway.SPLIT, c -> c);
    test.cluster.add(Role.PREFILL, "p");
    test.cluster.add(Role.DECODE, "d");

    var response = test.chat(text("hello"));

    assertThat(response.statusCode()).isEqualTo(200);
    JsonNode body = json(response);
    int prompt = body.path("usage").path("prompt_tokens").asInt();
    assertThat(content(response)).isEqualTo("read " + prompt + " tokens");
    assertThat(body.path("object").asText()).isEqualTo("chat.completion");
    assertThat(body.path("id").asText()).startsWith("chatcmpl-");
    assertThat(body.path("model").asText()).isEqualTo("shapes");
    assertThat(body.path("choices").path(0).path("finish_reason").asText()).isEqualTo("stop");
    assertThat(body.path("usage").path("total_tokens").asInt())
        .isEqualTo(prompt + body.path("usage").path("completion_tokens").asInt());
    assertThat(response.headers().firstValue("x-request-id")).isPresent();
  }

  @Test
  void imageTokensCountAsPrompt() {
    int small = usage(test.chat(picture(Pictures.png(56, 56, 1))));
    int large = usage(test.chat(picture(Pictures.png(112, 112, 1))));
    assertThat(large - small).isEqualTo(16 - 4);
  }

  private static int usage(java.net.http.HttpResponse<String> response) {
    return json(response).path("usage").path("prompt_tokens").asInt();
  }

  @Test
  void streamsChunksAsOpenAiDoes() throws Exception {
    byte[] file = Pictures.png(56, 56, 3);
    var body = picture(file).put("stream", true);
    body.putObject("stream_options").put("include_usage", true);

    var response = test.chat(body);

    assertThat(response.headers().firstValue("content-type").orElse(""))
        .startsWith("text/event-stream");
    List<String> events = events(response.body());
    assertThat(events.getLast()).isEqualTo("[DONE]");
    List<JsonNode> chunks = new ArrayList<>();
    for (String event : events.subList(0, events.size() - 1)) {
      chunks.add(TestGateway.JSON.readTree(event));
    }
    assertThat(chunks)
        .allSatisfy(
            chunk -> {
              assertThat(chunk.path("object").asText()).isEqualTo("chat.completion.chunk");
              assertThat(chunk.path("id")).isEqualTo(chunks.getFirst().path("id"));
              assertThat(chunk.has("usage")).isTrue();
            });
    assertThat(delta(chunks.getFirst()).path("role").asText()).isEqualTo("assistant");
    StringBuilder words = new StringBuilder();
    chunks.forEach(chunk -> words.append(delta(chunk).path("content").asText()));
    assertThat(words.toString()).isEqualTo(words(hash(file)));
    JsonNode finish = chunks.get(chunks.size() - 2);
    assertThat(finish.path("choices").path(0).path("finish_reason").asText()).isEqualTo("stop");
    assertThat(delta(finish)).isEmpty();
    JsonNode usage = chunks.getLast();
    assertThat(usage.path("choices").isArray() && usage.path("choices").isEmpty()).isTrue();
    assertThat(usage.path("usage").path("completion_tokens").asInt()).isPositive();
  }

  private static JsonNode delta(JsonNode chunk) {
    return chunk.path("choices").path(0).path("delta");
  }

  @Test
  void stopsAtAStopStringThatSpansTokens() {
    test.cluster.fixedAnswer = "one two three four five";
    var body = text("count");
    body.putArray("stop").add("ee fo").add("never");

    var response = test.chat(body);

    assertThat(content(response)).isEqualTo("one two thr");
    assertThat(json(response).path("choices").path(0).path("finish_reason").asText())
        .isEqualTo("stop");
  }

  @ParameterizedTest
  @MethodSource("topologies")
  void endsAtMaxTokens(Set<Role> topology) {
    test.close();
    test = TestGateway.of(topology);
    for (int limit : new int[] {1, 3}) {
      var response = test.chat(text("hello").put("max_completion_tokens", limit));
      assertThat(json(response).path("choices").path(0).path("finish_reason").asText())
          .isEqualTo("length");
      assertThat(json(response).path("usage").path("completion_tokens").asInt()).isEqualTo(limit);
    }
  }

  @Test
  void spelledSpecialTokensArePlainText() {
    int plain = usage(test.chat(text("x")));
    int spelled = usage(test.chat(text("<|image_pad|>")));
    assertThat(spelled).isGreaterThan(plain);
    assertThat(test.count("epd_image_arrived_patches_total")).isZero();
  }
}
