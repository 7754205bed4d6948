package dev.epd.operator.kube;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class SharedTextsTest {
  private final KubernetesSerialization json =
      new KubernetesSerialization(new ObjectMapper().registerModule(new SharedTexts()), true);

  @Test
  void whatIsReadAgainIsHeldOnceThoughOthersAreReadBetween() {
    @Nullable String first = read("everywhere");
    @Nullable String second = read("everywhere");
    for (int i = 0; i < 50_000; i++) {
      assertThat(read("only here " + i)).isEqualTo("only here " + i);
    }

    assertThat(second).isEqualTo("everywhere").isSameAs(first);
    assertThat(read("everywhere")).isSameAs(first);
  }

  @Test
  void aLongTextIsReadAndNotKept() {
    String text = "long ".repeat(1000);

    assertThat(read(text)).isEqualTo(text);
    assertThat(read(text)).isEqualTo(text).isNotSameAs(read(text));
  }

  private @Nullable String read(String value) {
    return json.unmarshal(
            "{\"apiVersion\": \"v1\", \"kind\": \"ConfigMap\", \"data\": {\"key\": \"%s\"}}"
                .formatted(value),
            ConfigMap.class)
        .getData()
        .get("key");
  }
}
