package dev.epd.operator.kube;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.epd.api.v1alpha1.EPDPool;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import org.junit.jupiter.api.Test;

class UnreadableTest {
  private final KubernetesSerialization json =
      new KubernetesSerialization(
          new ObjectMapper().registerModules(new SharedTrees(), new Unreadable()), true);

  @Test
  void whatCanBeReadIsAsItIs() {
    EPDPool pool = read("role: prefill, replicas: 3", "readyReplicas: 2");
    assertThat(Unreadable.why(pool)).isEmpty();
    assertThat(pool.getSpec().replicasOrDefault()).isEqualTo(3);
    assertThat(pool.getStatus()).extracting("readyReplicas").isEqualTo(2);
    assertThat(pool.getMetadata().getAnnotations()).containsOnlyKeys("team/note");
  }

  @Test
  void aSpecOfAnotherVersionIsLeftOutAndNamed() {
    EPDPool pool = read("role: draft, replicas: 3", "readyReplicas: 2");
    assertThat(Unreadable.why(pool).orElseThrow())
        .startsWith("spec.role cannot be read by this version of the operator")
        .contains("draft");
    assertThat(pool.getSpec()).isNull();
    assertThat(pool.getStatus()).extracting("readyReplicas").isEqualTo(2);
    assertThat(pool.getMetadata().getName()).isEqualTo("c-prefill");
    assertThat(pool.getMetadata().getAnnotations()).containsEntry("team/note", "5");
  }

  @Test
  void anAnnotationOfSomebodysMakesNothingUnreadable() {
    EPDPool pool = read("role: prefill, replicas: 3", "{}");
    pool.getMetadata().getAnnotations().put("epd.dev/unreadable", "ha");
    assertThat(Unreadable.why(pool)).isEmpty();
  }

  @Test
  void aNumberBeyondItsTypeIsNamed() {
    assertThat(Unreadable.why(read("role: prefill, maxReplicas: 5000000000", "{}")).orElseThrow())
        .contains("maxReplicas")
        .contains("5000000000");
  }

  @Test
  void aStatusThatCannotBeReadIsWrittenAnew() {
    EPDPool pool = read("role: prefill, replicas: 3", "readyReplicas: 5000000000");
    assertThat(Unreadable.why(pool)).isEmpty();
    assertThat(pool.getSpec().replicasOrDefault()).isEqualTo(3);
    assertThat(pool.getStatus()).isNull();

    EPDPool neither = read("role: draft", "readyReplicas: 5000000000");
    assertThat(Unreadable.why(neither)).isPresent();
    assertThat(neither.getStatus()).isNull();
  }

  @Test
  void whatIsNoObjectIsAnErrorStill() {
    assertThatThrownBy(() -> json.unmarshal("metadata: 5\nkind: EPDPool", EPDPool.class))
        .isInstanceOf(RuntimeException.class);
  }

  private EPDPool read(String spec, String status) {
    return json.unmarshal(
        """
        apiVersion: epd.dev/v1alpha1
        kind: EPDPool
        metadata: {name: c-prefill, namespace: n, annotations: {team/note: "5"}}
        spec: {%s}
        status: {%s}
        """
            .formatted(spec, status.replaceAll("[{}]", "")),
        EPDPool.class);
  }
}
