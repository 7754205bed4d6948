package dev.epd.gateway.media;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.epd.gateway.openai.ApiException;
import java.util.Base64;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class DataUrlTest {
  @Property(tries = 300)
  void decodesWhatWasEncoded(@ForAll @Size(min = 1, max = 300) byte[] data, @ForAll boolean pad)
      throws ApiException {
    var encoder = pad ? Base64.getEncoder() : Base64.getEncoder().withoutPadding();
    String url = "data:image/png;base64," + encoder.encodeToString(data);
    assertThat(DataUrl.decode(url, "p", 300)).isEqualTo(data);
  }

  @Property(tries = 40)
  void decodesAcrossItsSteps(@ForAll @IntRange(min = 49_000, max = 150_000) int length)
      throws ApiException {
    byte[] data = new byte[length];
    data[length - 1] = 7;
    data[49_152 - 200] = 9;
    String url = "data:;base64," + Base64.getEncoder().encodeToString(data);
    assertThat(DataUrl.decode(url, "p", length)).isEqualTo(data);
    assertThatThrownBy(() -> DataUrl.decode(url, "p", length - 1))
        .isInstanceOfSatisfying(ApiException.class, e -> assertThat(e.status()).isEqualTo(413));
  }

  @Property(tries = 2000)
  void anythingElseIsTheNamedError(@ForAll String text, @ForAll boolean prefixed) {
    try {
      assertThat(DataUrl.decode(prefixed ? "data:x;base64," + text : text, "p", 1000)).isNotEmpty();
    } catch (ApiException e) {
      assertThat(e.status()).isBetween(400, 413);
    }
  }

  @Test
  void keysDependOnEveryField() {
    byte[] file = {1, 2, 3};
    String key = CacheKey.of("t", "m", "p", file);
    assertThat(key).hasSize(64).isEqualTo(CacheKey.of("t", "m", "p", file.clone()));
    assertThat(key)
        .isNotEqualTo(CacheKey.of("u", "m", "p", file))
        .isNotEqualTo(CacheKey.of("tm", "", "p", file))
        .isNotEqualTo(CacheKey.of("t", "m", "q", file))
        .isNotEqualTo(CacheKey.of("t", "m", "p", new byte[] {1, 2}));
  }
}
