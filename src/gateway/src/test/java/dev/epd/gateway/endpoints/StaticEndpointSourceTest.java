package dev.epd.gateway.endpoints;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.epd.contract.Role;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StaticEndpointSourceTest {
  @Test
  void readsTheList() {
    var source =
        StaticEndpointSource.parse("encoder=127.0.0.2:7070:7071, encoder=h:1:2,decode=[::1]:3:4");
    assertThat(source.endpoints())
        .containsExactly(
            new Endpoint(Role.ENCODER, "encoder-0", "127.0.0.2", 7070, 7071, true, false, ""),
            new Endpoint(Role.ENCODER, "encoder-1", "h", 1, 2, true, false, ""),
            new Endpoint(Role.DECODE, "decode-0", "::1", 3, 4, true, false, ""));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "encoder",
        "encoder=h",
        "encoder=h:1",
        "painter=h:1:2",
        "decode=h:0:2",
        "decode=:1:2"
      })
  void showsTheFormWhenItIsNotMet(String list) {
    assertThatThrownBy(() -> StaticEndpointSource.parse(list))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("role=host:controlPort:transferPort");
  }
}
