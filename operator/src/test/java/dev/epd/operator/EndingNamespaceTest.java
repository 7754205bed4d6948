package dev.epd.operator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.epd.onebox.ControlPlane;
import dev.epd.onebox.ControlPlaneConfig;
import dev.epd.operator.kube.EndingNamespace;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import org.junit.jupiter.api.Test;

/** How the API server refuses an object in a namespace that is being deleted. */
class EndingNamespaceTest {
  @Test
  void aRefusalIsToldFromOtherOnes() throws Exception {
    try (ControlPlane kube = ControlPlane.start(ControlPlaneConfig.defaults().withoutScheduler());
        KubernetesClient admin = kube.client()) {
      admin
          .resource(
              new NamespaceBuilder().withNewMetadata().withName("ending").endMetadata().build())
          .create();
      admin.resource(configMap("holds", "epd.dev/test")).create();
      admin.namespaces().withName("ending").delete();

      Throwable ending = catchThrowable(() -> admin.resource(configMap("late")).create());
      assertThat(ending).hasMessageContaining("is being terminated");
      assertThat(EndingNamespace.refused(ending)).isTrue();
      assertThat(EndingNamespace.refused(new IllegalStateException(ending))).isTrue();
      assertThat(
              EndingNamespace.refused(
                  catchThrowable(
                      () ->
                          admin.resource(configMap("Not A Name")).inNamespace("default").create())))
          .isFalse();

      admin
          .configMaps()
          .inNamespace("ending")
          .withName("holds")
          .edit(
              map ->
                  new ConfigMapBuilder(map).editMetadata().withFinalizers().endMetadata().build());
    }
  }

  private static ConfigMap configMap(String name, String... finalizers) {
    return new ConfigMapBuilder()
        .withNewMetadata()
        .withNamespace("ending")
        .withName(name)
        .withFinalizers(finalizers)
        .endMetadata()
        .build();
  }
}
