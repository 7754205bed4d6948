package dev.epd.gateway.openai;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class ChatRequestParserTest {
  private static final String FULL =
      """
      {"model":"m","messages":[{"role":"system","content":"s"},{"role":"user","content":[
      {"type":"text","text":"t"},{"type":"image_url","image_url":{"url":"data:x","detail":"low"}}]}],
      "max_tokens":5,"max_completion_tokens":7,"temperature":0.5,"top_p":0.9,"seed":-3,"stop":["a","b"],
      "stream":true,"stream_options":{"include_usage":true}}""";

  private final ChatRequestParser parser = new ChatRequestParser(1 << 20);

  @Test
  void readsEveryField() throws ApiException {
    ChatRequest request = parser.parse(FULL.getBytes(StandardCharsets.UTF_8));
    assertThat(request.messages()).hasSize(2);
    assertThat(request.messages().get(1).parts())
        .containsExactly(
            new ChatRequest.Text("t"),
            new ChatRequest.Image("data:x", "messages[1].content[1].image_url.url"));
    assertThat(request.maxTokens()).hasValue(7);
    assertThat(request.temperature()).isEqualTo(0.5f);
    assertThat(request.topP()).isEqualTo(0.9f);
    assertThat(request.seed()).hasValue(-3);
    assertThat(request.stop()).containsExactly("a", "b");
    assertThat(request.stream()).isTrue();
    assertThat(request.includeUsage()).isTrue();
  }

  @Property(tries = 3000)
  void damagedBodiesAreReadOrRefused(
      @ForAll @IntRange(max = 400) int at, @ForAll byte value, @ForAll boolean cut) {
    byte[] body = FULL.getBytes(StandardCharsets.UTF_8);
    int index = at % body.length;
    if (cut) {
      body = java.util.Arrays.copyOf(body, index);
    } else {
      body[index] = value;
    }
    parse(body);
  }

  @Property(tries = 1000)
  void anyBytesAreReadOrRefused(@ForAll byte[] body) {
    parse(body);
  }

  private void parse(byte[] body) {
    try {
      assertThat(parser.parse(body).messages()).isNotEmpty();
    } catch (ApiException e) {
      assertThat(e.status()).isEqualTo(400);
    }
  }
}
