package dev.epd.planner;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.epd.api.v1alpha1.EPDCluster;
import dev.epd.api.v1alpha1.EPDClusterSpec;
import dev.epd.api.v1alpha1.EPDClusterStatus;
import io.fabric8.kubernetes.api.model.apps.ControllerRevision;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class SpecRevisionsTest {
  private static final EPDCluster CLUSTER = Fixtures.cluster("prefill: {replicas: 1}");

  @Test
  void aRevisionHoldsTheSpecAsItWasWritten() {
    ControllerRevision first = SpecRevisions.of(CLUSTER, List.of());
    assertThat(first.getMetadata().getName()).matches("c-spec-[0-9a-f]{8}");
    assertThat(first.getRevision()).isEqualTo(1);
    assertThat(first.getMetadata().getLabels()).doesNotContainKey(Labels.ROLE);
    JsonNode spec = Serialization.jsonMapper().valueToTree(first).at("/data/spec");
    assertThat(Serialization.jsonMapper().convertValue(spec, EPDClusterSpec.class))
        .isEqualTo(CLUSTER.getSpec());

    EPDCluster scaled = Fixtures.cluster("prefill: {replicas: 2}");
    assertThat(SpecRevisions.name(scaled)).isNotEqualTo(SpecRevisions.name(CLUSTER));
    assertThat(SpecRevisions.of(scaled, List.of(first)).getRevision()).isEqualTo(2);
    assertThat(SpecRevisions.name(Fixtures.cluster("prefill: {replicas: 1}")))
        .isEqualTo(SpecRevisions.name(CLUSTER));
  }

  @Test
  void tenOthersAreKeptAndStrangersAndThePresentOneLeftAlone() {
    List<ControllerRevision> live = new ArrayList<>();
    live.add(SpecRevisions.of(CLUSTER, List.of())); // the present one, and the oldest
    for (int i = 2; i <= 13; i++) {
      ControllerRevision old = SpecRevisions.of(CLUSTER, live);
      old.getMetadata().setName("c-spec-" + i);
      live.add(old);
    }
    ControllerRevision strange = SpecRevisions.of(CLUSTER, List.of());
    strange.getMetadata().setName("strange");
    strange.getMetadata().setOwnerReferences(List.of());
    live.add(strange);
    assertThat(SpecRevisions.obsolete(CLUSTER, live))
        .extracting(r -> r.getMetadata().getName())
        .containsExactly("c-spec-3", "c-spec-2");
  }

  @Test
  void theSpecThatWasGoneBackToIsKeptWhenTheNextOneComes() {
    List<ControllerRevision> live = new ArrayList<>();
    for (int i = 1; i <= 13; i++) {
      ControllerRevision old = SpecRevisions.of(CLUSTER, live);
      old.getMetadata().setName("c-spec-" + i);
      live.add(old);
    }
    EPDCluster next = Fixtures.cluster("prefill: {replicas: 1}");
    next.setStatus(new EPDClusterStatus(1L, null, List.of(), List.of()).withRevision("c-spec-1"));
    assertThat(SpecRevisions.obsolete(next, live))
        .extracting(r -> r.getMetadata().getName())
        .containsExactly("c-spec-3", "c-spec-2");
  }

  @Test
  void aRevisionOfADeletedClusterOfTheNameIsNobodys() {
    ControllerRevision old = SpecRevisions.of(CLUSTER, List.of());
    assertThat(SpecRevisions.belongsTo(CLUSTER, old)).isTrue();
    EPDCluster again = Fixtures.cluster("prefill: {replicas: 1}");
    again.getMetadata().setUid("another");
    assertThat(SpecRevisions.belongsTo(again, old)).isFalse();
  }
}
