package dev.epd.gateway;

import static dev.epd.gateway.TestGateway.json;
import static dev.epd.gateway.TestGateway.picture;
import static dev.epd.gateway.TestGateway.text;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.epd.contract.Role;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Everything that is not an answer: routes, keys, limits, and bad input of every kind. */
class HttpTest {
  private static final TestGateway TEST = TestGateway.of(Set.of(Role.PREFILL));

  @AfterAll
  static void close() {
    TEST.close();
  }

  private static void assertError(HttpResponse<String> response, int status, String code) {
    assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
    JsonNode error = json(response).path("error");
    assertThat(error.path("message").asText()).isNotBlank().doesNotContain("Exception");
    assertThat(error.path("type").asText()).isNotBlank();
    assertThat(error.has("param")).isTrue();
    assertThat(error.path("code").asText()).isEqualTo(code);
    assertThat(response.headers().firstValue("x-request-id")).isPresent();
  }

  @Test
  void listsItsModel() {
    JsonNode list = json(TEST.get("/v1/models"));
    assertThat(list.path("object").asText()).isEqualTo("list");
    assertThat(list.path("data").path(0).path("id").asText()).isEqualTo("shapes");
    assertThat(json(TEST.get("/v1/models/shapes")).path("object").asText()).isEqualTo("model");
    assertError(TEST.get("/v1/models/gpt-5"), 404, "model_not_found");
  }

  @Test
  void saysThatItLivesAndIsReady() {
    assertThat(TEST.get("/livez").statusCode()).isEqualTo(200);
    assertThat(TEST.get("/readyz").statusCode()).isEqualTo(200);
  }

  @Test
  void refusesUnknownRoutesAndMethods() {
    assertError(TEST.get("/v1/embeddings"), 404, "unknown_url");
    assertError(TEST.get("/"), 404, "unknown_url");
    HttpResponse<String> response = TEST.get("/v1/chat/completions");
    assertError(response, 405, "method_not_allowed");
    assertThat(response.headers().firstValue("Allow")).hasValue("POST");
  }

  @Test
  void wantsJson() {
    var request =
        HttpRequest.newBuilder(TEST.uri("/v1/chat/completions"))
            .header("Content-Type", "text/plain")
            .POST(BodyPublishers.ofString(text("hello").toString()))
            .build();
    assertError(TEST.send(request), 415, "unsupported_media_type");
  }

  @Test
  void keepsTheClientsRequestId() {
    var request = TEST.request(text("hi").toString()).header("x-request-id", "mine-1").build();
    assertThat(TEST.send(request).headers().firstValue("x-request-id")).hasValue("mine-1");
  }

  static Stream<Arguments> badFields() {
    return Stream.of(
        field("max_tokens", "0", "invalid_value"),
        field("max_completion_tokens", "0", "invalid_value"),
        field("max_tokens", "-1", "invalid_value"),
        field("max_tokens", "1.5", "invalid_value"),
        field("max_tokens", "100000", "context_length_exceeded"),
        field("max_tokens", "1024", "context_length_exceeded"),
        field("temperature", "2.1", "invalid_value"),
        field("temperature", "-0.1", "invalid_value"),
        field("temperature", "1e999", "invalid_value"),
        field("temperature", "\"hot\"", "invalid_value"),
        field("top_p", "0", "invalid_value"),
        field("top_p", "1.01", "invalid_value"),
        field("seed", "1.5", "invalid_value"),
        field("seed", "99999999999999999999", "invalid_value"),
        field("n", "2", "unsupported_value"),
        field("stop", "[\"a\",\"b\",\"c\",\"d\",\"e\"]", "invalid_value"),
        field("stop", "\"\"", "invalid_value"),
        field("stop", "7", "invalid_value"),
        field("stream", "\"yes\"", "invalid_value"),
        field("tools", "[{\"type\":\"function\"}]", "unsupported_parameter"),
        field("tool_choice", "\"required\"", "unsupported_parameter"),
        field("functions", "[{}]", "unsupported_parameter"),
        field("response_format", "{\"type\":\"json_object\"}", "unsupported_value"),
        field("modalities", "[\"text\",\"audio\"]", "unsupported_value"),
        field("audio", "{\"voice\":\"alloy\"}", "unsupported_parameter"),
        field("logprobs", "true", "unsupported_parameter"),
        field("logit_bias", "{\"5\":1}", "unsupported_parameter"),
        field("frequency_penalty", "0.5", "unsupported_parameter"),
        field("presence_penalty", "-1", "unsupported_parameter"),
        field("model", "7", "invalid_value"),
        field("messages", "[]", "invalid_value"),
        field("messages", "\"hello\"", "invalid_value"),
        field("messages", "[{\"role\":\"tool\",\"content\":\"x\"}]", "unsupported_value"),
        field("messages", "[{\"role\":\"user\"}]", "missing_required_parameter"),
        field("messages", "[{\"role\":\"user\",\"content\":\"\\ud800\"}]", "null"),
        field(
            "messages",
            "[{\"role\":\"user\",\"content\":[{\"type\":\"input_audio\"}]}]",
            "unsupported_value"));
  }

  private static Arguments field(String name, String value, String code) {
    return Arguments.of(name, value, code);
  }

  @ParameterizedTest
  @MethodSource("badFields")
  void refusesFieldsByName(String name, String value, String code) {
    ObjectNode body = text("hello");
    body.remove(name);
    String sent =
        body.toString()
            .replaceFirst("\\{", "{\"" + name + "\":" + value.replace("\\", "\\\\") + ",");
    HttpResponse<String> response = TEST.send(TEST.request(sent).build());
    assertError(response, 400, code);
    assertThat(json(response).path("error").path("param").asText()).startsWith(name);
  }

  @Test
  void harmlessFieldsAreTakenAsStockServersDo() {
    ObjectNode body = text("hello");
    body.put("n", 1).put("user", "u").put("logprobs", false).put("presence_penalty", 0);
    body.put("store", false).put("something_new", 1).putNull("stop").putNull("max_tokens");
    body.putArray("tools");
    body.put("tool_choice", "none").putObject("response_format").put("type", "text");
    body.put("parallel_tool_calls", true).putObject("metadata").put("a", "b");
    assertThat(TEST.chat(body).statusCode()).isEqualTo(200);
  }

  @Test
  void developerMessagesAndSeveralTurnsAreUnderstood() {
    ObjectNode body = TestGateway.JSON.createObjectNode().put("model", "shapes");
    var messages = body.putArray("messages");
    messages.addObject().put("role", "developer").put("content", "be brief");
    messages.addObject().put("role", "user").put("content", "hello");
    messages.addObject().put("role", "assistant").put("content", "hi");
    messages
        .addObject()
        .put("role", "user")
        .putArray("content")
        .addObject()
        .put("type", "text")
        .put("text", "again");
    assertThat(TEST.chat(body).statusCode()).isEqualTo(200);
  }

  @Test
  void refusesAnUnknownModelAndAMissingOne() {
    assertError(TEST.chat(text("hello").put("model", "gpt-5")), 404, "model_not_found");
    ObjectNode body = text("hello");
    body.remove("model");
    assertError(TEST.chat(body), 400, "missing_required_parameter");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {"{", "[]", "null", "nonsense", "{\"model\":NaN}", "{} {}", "''"})
  void refusesWhatIsNoJsonObject(String body) {
    assertError(TEST.send(TEST.request(body).build()), 400, "null");
  }

  @Test
  void refusesDeepNestingAndBrokenUtf8() {
    String deep = "[".repeat(5000) + "]".repeat(5000);
    assertError(TEST.send(TEST.request("{\"x\":" + deep + "}").build()), 400, "null");
    byte[] broken =
        text("hello").toString().replace("hello", "h?llo").getBytes(StandardCharsets.UTF_8);
    for (int i = 0; i < broken.length; i++) {
      if (broken[i] == '?') {
        broken[i] = (byte) 0xc3;
      }
    }
    var request =
        HttpRequest.newBuilder(TEST.uri("/v1/chat/completions"))
            .header("Content-Type", "application/json")
            .POST(BodyPublishers.ofByteArray(broken))
            .build();
    assertError(TEST.send(request), 400, "null");
  }

  static Stream<Arguments> badImages() {
    String png = Pictures.dataUrl(Pictures.png(56, 56, 1));
    return Stream.of(
        Arguments.of("http://example.com/cat.png", 400, "image_url_not_allowed"),
        Arguments.of("https://169.254.169.254/x", 400, "image_url_not_allowed"),
        Arguments.of("file:///etc/passwd", 400, "image_url_not_allowed"),
        Arguments.of("/etc/passwd", 400, "image_url_not_allowed"),
        Arguments.of("", 400, "image_url_not_allowed"),
        Arguments.of("data:image/png;base64,", 400, "invalid_image_url"),
        Arguments.of("data:image/png;base64,%%%%", 400, "invalid_image_url"),
        Arguments.of("data:image/png;base64,AAAA=BBB", 400, "invalid_image_url"),
        Arguments.of("data:image/png,rawdata", 400, "invalid_image_url"),
        Arguments.of("data:image/png;base64", 400, "invalid_image_url"),
        Arguments.of(png.substring(0, 50), 400, "invalid_image"),
        Arguments.of("data:image/png;base64,aGVsbG8gd29ybGQ=", 400, "invalid_image"),
        Arguments.of(Pictures.dataUrl(Pictures.png(65535, 65535, 1)), 400, "image_too_large"),
        Arguments.of(Pictures.dataUrl(Pictures.png(0, 5, 1)), 400, "invalid_image"),
        Arguments.of(Pictures.dataUrl(Pictures.png(6000, 10, 1)), 400, "invalid_image"));
  }

  @ParameterizedTest
  @MethodSource("badImages")
  void refusesBadImages(String url, int status, String code) {
    ObjectNode body = picture(Pictures.png(56, 56, 1));
    ((ObjectNode) body.at("/messages/0/content/0/image_url")).put("url", url);
    HttpResponse<String> response = TEST.chat(body);
    assertError(response, status, code);
    assertThat(json(response).path("error").path("param").asText())
        .isEqualTo("messages[0].content[0].image_url.url");
  }

  @Test
  void aSinglePixelIsAPicture() {
    assertThat(TEST.chat(picture(Pictures.png(1, 1, 1))).statusCode()).isEqualTo(200);
  }

  @Test
  void refusesTooManyImagesAndTooLongPrompts() {
    byte[][] many = new byte[17][];
    java.util.Arrays.fill(many, Pictures.png(56, 56, 1));
    assertError(TEST.chat(picture(many)), 400, "too_many_images");
    assertError(TEST.chat(text("word ".repeat(3000))), 400, "context_length_exceeded");
  }

  private static TestGateway with(UnaryOperator<GatewayConfig> change) {
    var test = new TestGateway(Set.of(Role.PREFILL), change);
    test.cluster.add(Role.PREFILL, "p");
    return test;
  }

  @Test
  void refusesALargeBodyWhileItArrives() throws Exception {
    try (var test = with(c -> c.withMaxBodyBytes(100_000))) {
      assertError(test.chat(text("x".repeat(200_000))), 413, "request_too_large");
      // Without a length the body has to be counted; more is on its way than would ever be read.
      try (var socket = new Socket("127.0.0.1", test.gateway.port())) {
        var out = socket.getOutputStream();
        out.write(
            "POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
                .getBytes(StandardCharsets.US_ASCII));
        byte[] chunk =
            ("4000\r\n" + "x".repeat(0x4000) + "\r\n").getBytes(StandardCharsets.US_ASCII);
        for (int i = 0; i < 10; i++) {
          out.write(chunk);
        }
        assertThat(firstLine(socket.getInputStream()))
            .isEqualTo("HTTP/1.1 413 Request Entity Too Large");
      }
      assertThat(test.chat(text("small")).statusCode()).isEqualTo(200);
    }
  }

  private static String firstLine(InputStream in) throws IOException {
    var line = new StringBuilder();
    for (int c = in.read(); c >= 0 && c != '\r'; c = in.read()) {
      line.append((char) c);
    }
    return line.toString();
  }

  @Test
  void wantsAKeyWhereKeysAreConfigured(@TempDir Path folder) throws Exception {
    Path keys =
        Files.writeString(folder.resolve("keys"), "# team keys\nalice:s3cret\n\nplain-key\n");
    try (var test = with(c -> c.withApiKeyFile(keys))) {
      assertError(test.get("/v1/models"), 401, "invalid_api_key");
      assertError(test.chat(text("hello")), 401, "invalid_api_key");
      assertThat(test.get("/livez").statusCode()).isEqualTo(200);
      for (String key : new String[] {"s3cret", "plain-key"}) {
        var request =
            test.request(text("hello").toString()).header("Authorization", "Bearer " + key).build();
        assertThat(test.send(request).statusCode()).isEqualTo(200);
      }
      for (String header :
          new String[] {"Bearer alice:s3cret", "Basic s3cret", "Bearer ", "s3cret"}) {
        var request =
            test.request(text("hello").toString()).header("Authorization", header).build();
        assertError(test.send(request), 401, "invalid_api_key");
      }
    }
  }

  @Test
  void doesNotStartOpenWhenTheKeyFileIsEmpty(@TempDir Path folder) throws Exception {
    Path keys = Files.writeString(folder.resolve("keys"), "\n# none\n");
    org.assertj.core.api.Assertions.assertThatThrownBy(() -> with(c -> c.withApiKeyFile(keys)))
        .hasMessageContaining("no API key");
  }

  @Test
  void refusesABadTimeoutHeader() {
    var request =
        TEST.request(text("hi").toString()).header("x-request-timeout-ms", "soon").build();
    assertError(TEST.send(request), 400, "invalid_header");
  }
}
