package dev.epd.systemtest;

import static dev.epd.systemtest.Chat.about;
import static dev.epd.systemtest.Chat.conversation;
import static dev.epd.systemtest.Chat.image;
import static dev.epd.systemtest.Chat.message;
import static dev.epd.systemtest.Chat.request;
import static dev.epd.systemtest.Chat.text;
import static dev.epd.systemtest.Chat.with;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * True words about pictures, through gateway, encoder, prefill and decode in processes of their
 * own.
 */
class WordsTest {
  private static World world;
  private static Chat chat;

  @BeforeAll
  static void start() {
    world = World.get();
    chat = world.quickstart();
  }

  @Test
  void picturesAreDescribedAsTheReferenceDescribesThem() throws IOException {
    Path eval = world.home.resolve("models/eval");
    JsonNode items =
        new ObjectMapper().readTree(Files.readString(eval.resolve("items.json"))).path("items");
    int asked = 0;
    for (JsonNode item : items) {
      byte[] picture = Files.readAllBytes(eval.resolve(item.path("picture").asText()));
      Chat.Reply reply = chat.ask(request(image(picture), text(item.path("question").asText())));
      assertThat(reply.text()).as(item + " " + reply.body()).isEqualTo(item.path("said").asText());
      assertThat(reply.json().path("usage").path("prompt_tokens").asInt())
          .isEqualTo(item.path("prompt_tokens").asInt());
      asked++;
    }
    assertThat(asked).isEqualTo(items.size()).isGreaterThan(70);
  }

  @Test
  void aStreamSaysWhatTheWholeAnswerSays() throws IOException {
    byte[] picture = Files.readAllBytes(world.home.resolve("models/eval/17.png"));
    String whole = chat.ask(about(picture)).text();
    Chat.Reply stream =
        chat.ask(
            with(
                with(about(picture), "stream", true),
                "stream_options",
                Map.of("include_usage", true)));
    assertThat(stream.streamed())
        .isEqualTo(whole)
        .isEqualTo("A blue triangle above a yellow triangle.");
    assertThat(stream.body()).contains("\"usage\":{");
  }

  @Test
  void laterTurnsSeeEarlierPictures() throws IOException {
    byte[] picture = Files.readAllBytes(world.home.resolve("models/eval/12.png"));
    Chat.Reply reply =
        chat.ask(
            conversation(
                List.of(
                    message("user", List.of(image(picture), text(Chat.WHAT))),
                    message("assistant", "A red square left of a red circle."),
                    message("user", "How many shapes are there?"))));
    assertThat(reply.text()).isEqualTo("Two.");
  }

  @Test
  void severalPicturesOfOneRequestCountInItsPrompt() throws IOException {
    byte[] one = Files.readAllBytes(world.home.resolve("models/eval/02.png"));
    byte[] two = Files.readAllBytes(world.home.resolve("models/eval/09.png"));
    int alone = chat.ask(about(one)).json().path("usage").path("prompt_tokens").asInt();
    Chat.Reply both = chat.ask(request(image(one), text("And "), image(two), text(Chat.WHAT)));
    assertThat(both.status()).as(both.body()).isEqualTo(200);
    assertThat(both.json().path("usage").path("prompt_tokens").asInt()).isGreaterThan(alone);
  }

  @Test
  void textAloneTouchesNoEncoder() {
    String encoder =
        world.readyPods("default", "quickstart", "encoder").getFirst().getStatus().getPodIP();
    double before = chat.metric(encoder, "epd_encoder_patches_total");
    Chat.Reply reply = chat.ask(with(request(text("How many shapes are there?")), "max_tokens", 5));
    assertThat(reply.status()).as(reply.body()).isEqualTo(200);
    assertThat(chat.metric(encoder, "epd_encoder_patches_total")).isEqualTo(before);
  }

  @Test
  void theOpenAiPythonSdkTalksToItUnchanged() throws Exception {
    Path python = OpenAiSdk.python();
    assumeTrue(python != null, "python3 with venv is not installed");
    Path picture = world.home.resolve("models/eval/17.png");
    Process sdk =
        new ProcessBuilder(
                python.toString(),
                world.home.resolve("src/systemtest/src/test/python/openai_sdk.py").toString(),
                chat.base,
                World.MODEL,
                picture.toString(),
                "A blue triangle above a yellow triangle.")
            .redirectErrorStream(true)
            .start();
    String said =
        new String(sdk.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
    assertThat(sdk.waitFor()).as(said).isZero();
  }
}
