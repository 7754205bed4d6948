package dev.epd.operator.kube;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.FieldsV1;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServiceBuilder;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class CompactStoreTest {
  private static final String UID = "1f0c9a52-3a3b-4c86-9d2e-b0c4f2a7e519";

  private final CompactStore<Service> store =
      new CompactStore<>(
          Service.class,
          Service::new,
          new KubernetesSerialization(),
          Set.of("version"),
          new Shared<>());

  @Test
  void whatIsPutInComesOutEqual() {
    Service first = service("a", "v1");
    Service second = service("a", "v2");

    assertThat(store.put("ns/a", first)).isNull();
    assertThat(store.put("ns/a", second)).as("what was there before").isEqualTo(first);
    assertThat(store.get("ns/a")).isEqualTo(second);
    assertThat(store.put("ns/b", service("b", "v1"))).isNull();
    assertThat(store.keySet()).containsExactlyInAnyOrder("ns/a", "ns/b");
    assertThat(store.values()).hasSize(2);
    assertThat(store.getKey(first)).isEqualTo("ns/a");
    assertThat(store.remove("ns/a")).isEqualTo(second);
    assertThat(store.get("ns/a")).isNull();
    assertThat(store.remove("ns/a")).isNull();
    assertThat(store.size()).isEqualTo(1);
  }

  @Test
  void whatWasPackedByASmallerDictionaryIsStillRead() {
    List<Service> services =
        IntStream.range(0, 200).mapToObj(i -> service("s" + i, "v" + i)).toList();

    services.forEach(s -> store.put(store.getKey(s), s));

    assertThat(services).allSatisfy(s -> assertThat(store.get(store.getKey(s))).isEqualTo(s));
  }

  @Test
  void valuesSayWhatTheyAreAndWhoseAndLeadToTheWhole() {
    Service whole = service("a", "v1");
    store.put("ns/a", whole);

    Service value = store.values().findFirst().orElseThrow();

    assertThat(store.get(store.getKey(value))).isEqualTo(whole);
    ObjectMeta meta = value.getMetadata();
    assertThat(meta.getResourceVersion()).isEqualTo("7");
    assertThat(meta.getUid()).isEqualTo(UID);
    assertThat(meta.getLabels()).containsExactly(Map.entry("version", "v1"));
    assertThat(meta.getOwnerReferences()).isEqualTo(whole.getMetadata().getOwnerReferences());
    assertThat(value.getSpec()).isNull();
  }

  private static Service service(String name, String label) {
    FieldsV1 fields = new FieldsV1();
    fields.setAdditionalProperty("f:spec", Map.of("f:ports", Map.of()));
    return new ServiceBuilder()
        .withNewMetadata()
        .withNamespace("ns")
        .withName(name)
        .withResourceVersion("7")
        .withUid(UID)
        .addNewOwnerReference()
        .withUid("owner")
        .endOwnerReference()
        .addToLabels(Map.of("version", label, "other", "label"))
        .addToAnnotations("text", "größer als ASCII")
        .addNewManagedField()
        .withManager("epd-cluster")
        .withFieldsV1(fields)
        .endManagedField()
        .endMetadata()
        .withNewSpec()
        .addNewPort()
        .withPort(80)
        .withNewTargetPort("http")
        .endPort()
        .endSpec()
        .build();
  }
}
