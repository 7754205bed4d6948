package dev.epd.systemtest;

import static dev.epd.systemtest.Chat.about;
import static dev.epd.systemtest.Chat.image;
import static dev.epd.systemtest.Chat.imageUrl;
import static dev.epd.systemtest.Chat.request;
import static dev.epd.systemtest.Chat.text;
import static dev.epd.systemtest.Chat.with;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.epd.onebox.demo.ShapePicture;
import dev.epd.onebox.demo.ShapePicture.Colour;
import dev.epd.onebox.demo.ShapePicture.Shape;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What is wrong is said clearly, in OpenAI's shape, and holds nothing afterwards. */
class BadInputTest {
  private static final ShapePicture PICTURE =
      ShapePicture.one(112, 112, Colour.YELLOW, Shape.SQUARE);
  private static Chat chat;

  @BeforeAll
  static void start() {
    chat = World.get().quickstart();
  }

  @AfterEach
  void nothingIsHeldAndTheNextRequestWorks() {
    assertThat(chat.ask(about(PICTURE.png())).text()).isEqualTo(PICTURE.truth());
    World.eventually(
        () -> {
          assertThat(chat.metric(chat.host, "epd_requests_active")).isZero();
          assertThat(chat.metric(chat.host, "epd_image_queue_images")).isZero();
          assertThat(chat.metric(chat.host, "epd_image_outstanding_patches")).isZero();
        });
  }

  static Stream<Arguments> refused() throws IOException {
    byte[] png = PICTURE.png();
    byte[] jpeg = jpeg();
    return Stream.of(
        Arguments.of("broken base64", 400, request(imageUrl("data:image/png;base64,iVBOR!!!"))),
        Arguments.of(
            "no picture",
            400,
            request(image("plain text".getBytes(java.nio.charset.StandardCharsets.US_ASCII)))),
        Arguments.of("truncated JPEG", 422, request(image(Arrays.copyOf(jpeg, jpeg.length / 2)))),
        Arguments.of(
            "PNG cut in its data", 422, request(image(Arrays.copyOf(png, png.length / 2)))),
        Arguments.of("65535 x 65535", 400, request(image(withSize(png, 65535, 65535)))),
        Arguments.of("a line of pixels", 400, request(image(withSize(png, 20_000, 10)))),
        Arguments.of("unknown model", 404, with(about(png), "model", "gpt-nothing")),
        Arguments.of("http URL", 400, request(imageUrl("http://127.0.0.1:1/cat.png"))),
        Arguments.of("file URL", 400, request(imageUrl("file:///etc/passwd"))),
        Arguments.of("max_tokens 0", 400, with(about(png), "max_tokens", 0)),
        Arguments.of("max_tokens beyond the context", 400, with(about(png), "max_tokens", 100_000)),
        Arguments.of(
            "tools",
            400,
            with(
                about(png),
                "tools",
                List.of(Map.of("type", "function", "function", Map.of("name", "f"))))),
        Arguments.of("prompt beyond the context", 400, request(text("word ".repeat(5000)))),
        Arguments.of("no messages", 400, with(about(png), "messages", List.of())));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource
  void refused(String what, int status, Map<String, Object> request) {
    Chat.Reply reply = chat.ask(request);
    assertThat(reply.status()).as(reply.body()).isEqualTo(status);
    JsonNode error = reply.json().path("error");
    assertThat(error.path("message").asText())
        .isNotBlank()
        .doesNotContain("Exception", "dev.epd", "/models/");
    assertThat(error.path("type").asText()).isNotBlank();
    assertThat(error.has("param")).isTrue();
    assertThat(error.has("code")).isTrue();
  }

  @Test
  void notJson() {
    Chat.Reply reply = chat.post("{\"model\": ").join();
    assertThat(reply.status()).isEqualTo(400);
    assertThat(reply.error()).isNotBlank();
  }

  @Test
  void aPictureOfOnePixelIsAPicture() {
    Chat.Reply reply =
        chat.ask(
            with(about(ShapePicture.one(1, 1, Colour.RED, Shape.SQUARE).png()), "max_tokens", 20));
    assertThat(reply.status()).as(reply.body()).isEqualTo(200);
  }

  @Test
  void aSpelledPlaceholderIsPlainText() {
    Chat.Reply plain = chat.ask(with(request(text("abc")), "max_tokens", 3));
    Chat.Reply spelled = chat.ask(with(request(text("<|image_pad|>")), "max_tokens", 3));
    assertThat(spelled.status()).as(spelled.body()).isEqualTo(200);
    assertThat(spelled.json().path("usage").path("prompt_tokens").asInt())
        .isGreaterThan(plain.json().path("usage").path("prompt_tokens").asInt());
  }

  private static byte[] jpeg() throws IOException {
    byte[] png = ShapePicture.one(448, 448, Colour.GREEN, Shape.CIRCLE).png();
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ImageIO.write(ImageIO.read(new ByteArrayInputStream(png)), "jpeg", out);
    return out.toByteArray();
  }

  /** The same file with another size in its header. */
  private static byte[] withSize(byte[] png, int width, int height) {
    byte[] changed = png.clone();
    ByteBuffer.wrap(changed).putInt(16, width).putInt(20, height);
    return changed;
  }
}
