package dev.epd.operator.kube;

import static org.assertj.core.api.Assertions.assertThat;

import dev.epd.api.v1alpha1.EPDPool;
import io.fabric8.kubernetes.client.informers.cache.ItemStore;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import io.javaoperatorsdk.operator.api.config.BaseConfigurationService;
import io.javaoperatorsdk.operator.api.config.ControllerConfigurationOverrider;
import io.javaoperatorsdk.operator.api.reconciler.Constants;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import io.javaoperatorsdk.operator.api.reconciler.ControllerConfiguration;
import io.javaoperatorsdk.operator.api.reconciler.Reconciler;
import io.javaoperatorsdk.operator.api.reconciler.UpdateControl;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class InformersTest {
  @ControllerConfiguration
  private static final class Pools implements Reconciler<EPDPool> {
    @Override
    public UpdateControl<EPDPool> reconcile(EPDPool pool, Context<EPDPool> context) {
      return UpdateControl.noUpdate();
    }
  }

  /** Each namespace has an informer, and an informer takes what it does not find from its store. */
  @Test
  void informersOfSeveralNamespacesShareNoStore() {
    assertThat(store(Constants.WATCH_ALL_NAMESPACES)).isInstanceOf(CompactStore.class);
    assertThat(store("a")).isInstanceOf(CompactStore.class);
    assertThat(store("a", "b")).isNull();
  }

  private static @Nullable ItemStore<EPDPool> store(String... namespaces) {
    ControllerConfigurationOverrider<EPDPool> controller =
        ControllerConfigurationOverrider.override(
            new BaseConfigurationService().getConfigurationFor(new Pools()));
    controller.settingNamespaces(namespaces);
    Informers.holdCompactly(controller, EPDPool.class, EPDPool::new, new KubernetesSerialization());
    return controller.build().getInformerConfig().getItemStore();
  }
}
