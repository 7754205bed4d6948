package dev.epd.gateway.endpoints.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import dev.epd.contract.Role;
import dev.epd.gateway.endpoints.Endpoint;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class PodEndpointSourceTest {
  private static final Map<String, String> NO_NEW_WORK =
      Map.of("epd.dev/no-new-work", "scale-down");

  private static PodBuilder pod(String role) {
    return new PodBuilder()
        .withNewMetadata()
        .withName("x-encoder-1")
        .addToLabels("epd.dev/cluster", "x")
        .addToLabels("epd.dev/role", role)
        .addToLabels("epd.dev/compatibility-key", "abc")
        .endMetadata()
        .withNewStatus()
        .withPodIP("127.0.4.2")
        .addNewCondition()
        .withType("Ready")
        .withStatus("True")
        .endCondition()
        .endStatus();
  }

  @Test
  void aReadyPodIsAnEndpoint() {
    assertThat(PodEndpointSource.endpointOf(pod("encoder").build()))
        .hasValue(
            new Endpoint(Role.ENCODER, "x-encoder-1", "127.0.4.2", 7070, 7071, true, false, "abc"));
  }

  @Test
  void aPodOnItsWayOutOrWithoutAddressIsNotUsable() {
    var going =
        pod("decode")
            .editMetadata()
            .withDeletionTimestamp("2026-01-01T00:00:00Z")
            .endMetadata()
            .build();
    assertThat(PodEndpointSource.endpointOf(going)).get().matches(e -> !e.usable());
    var young = pod("decode").withStatus(null).build();
    assertThat(PodEndpointSource.endpointOf(young)).get().matches(e -> !e.usable());
  }

  @Test
  void gatewaysAndStrangersAreLeftOut() {
    assertThat(PodEndpointSource.endpointOf(pod("gateway").build())).isEmpty();
    assertThat(PodEndpointSource.endpointOf(pod("painter").build())).isEmpty();
    assertThat(
            PodEndpointSource.endpointOf(new PodBuilder().withNewMetadata().endMetadata().build()))
        .isEmpty();
  }

  @Test
  void aMarkedPodGetsNothingNewAsLongAsAnotherOfItsRoleCanTakeIt() {
    Pod marked = marked("e1", true);
    Pod other = marked("e2", false);
    Pod decode =
        pod("decode")
            .editMetadata()
            .withName("d")
            .withAnnotations(NO_NEW_WORK)
            .endMetadata()
            .build();

    assertThat(usable(marked, other, decode)).containsExactly("e2", "d");
    assertThat(usable(marked, decode)).as("better that one than none").containsExactly("e1", "d");

    var young = new PodBuilder(other).withStatus(null).build();
    assertThat(usable(marked, young)).as("the other cannot take it yet").containsExactly("e1");
    assertThat(usable(marked("e1", false), other)).containsExactly("e1", "e2");
  }

  private static Pod marked(String name, boolean isMarked) {
    return pod("encoder")
        .editMetadata()
        .withName(name)
        .withAnnotations(isMarked ? NO_NEW_WORK : Map.of())
        .endMetadata()
        .build();
  }

  private static List<String> usable(Pod... pods) {
    return PodEndpointSource.endpointsOf(List.of(pods)).stream()
        .filter(Endpoint::usable)
        .map(Endpoint::podName)
        .toList();
  }
}
