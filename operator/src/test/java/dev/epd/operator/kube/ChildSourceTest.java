package dev.epd.operator.kube;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.epd.onebox.ControlPlane;
import dev.epd.onebox.ControlPlaneConfig;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.ServiceAccount;
import io.fabric8.kubernetes.api.model.ServiceAccountBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.javaoperatorsdk.operator.Operator;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import io.javaoperatorsdk.operator.api.reconciler.ControllerConfiguration;
import io.javaoperatorsdk.operator.api.reconciler.EventSourceContext;
import io.javaoperatorsdk.operator.api.reconciler.Reconciler;
import io.javaoperatorsdk.operator.api.reconciler.UpdateControl;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import io.javaoperatorsdk.operator.processing.event.source.EventSource;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class ChildSourceTest {
  private static final Duration SOON = Duration.ofSeconds(20);

  @Test
  void aWriteIsRememberedUntilTheInformerHasSeenItAndChildrenAreTold() throws Exception {
    try (ControlPlane kube =
            ControlPlane.start(
                ControlPlaneConfig.defaults().withoutScheduler().withoutControllerManager());
        KubernetesClient admin = kube.client()) {
      admin.resource(owner()).create();
      admin.resource(child("before", "0")).create();
      Owners owners = new Owners();
      Operator operator =
          new Operator(c -> c.withKubernetesClient(admin).withCloseClientOnStop(false));
      operator.register(owners);
      operator.start();
      try {
        ChildSource<ServiceAccount, ConfigMap> children = owners.children();
        await().atMost(SOON).until(() -> owners.looks.get() >= 1);
        assertThat(children.get(id("before"))).as("what was there at the start").isPresent();

        int looks = owners.looks.get();
        ServiceAccount answer = admin.resource(child("child", "1")).create();
        await().atMost(SOON).until(() -> children.get(id("child")).isPresent());
        await().atMost(SOON).until(() -> owners.looks.get() > looks);
        children.written(answer);
        assertThat(children.remembers(answer)).as("its event came before the answer").isFalse();

        ServiceAccount ahead =
            new ServiceAccountBuilder(answer)
                .editMetadata()
                .withResourceVersion(
                    Long.toString(Long.parseLong(answer.getMetadata().getResourceVersion()) + 1000))
                .endMetadata()
                .build();
        children.written(ahead);
        assertThat(children.remembers(ahead)).as("its event is yet to come").isTrue();
        assertThat(children.get(id("child"))).contains(ahead);
      } finally {
        operator.stop();
      }
    }
  }

  @ControllerConfiguration
  private static final class Owners implements Reconciler<ConfigMap> {
    final AtomicInteger looks = new AtomicInteger();
    private volatile @Nullable ChildSource<ServiceAccount, ConfigMap> children;

    @Override
    public List<EventSource<?, ConfigMap>> prepareEventSources(
        EventSourceContext<ConfigMap> context) {
      ChildSource<ServiceAccount, ConfigMap> made =
          new ChildSource<>(
              Informers.compact(ServiceAccount.class, ServiceAccount::new, context)
                  .withSecondaryToPrimaryMapper(
                      child -> Set.of(new ResourceID("owner", child.getMetadata().getNamespace())))
                  .build(),
              context);
      children = made;
      return List.of(made);
    }

    @Override
    public UpdateControl<ConfigMap> reconcile(ConfigMap owner, Context<ConfigMap> context) {
      if (owner.getMetadata().getName().equals("owner")) {
        looks.incrementAndGet();
      }
      return UpdateControl.noUpdate();
    }

    ChildSource<ServiceAccount, ConfigMap> children() {
      ChildSource<ServiceAccount, ConfigMap> made = children;
      if (made == null) {
        throw new IllegalStateException("not started");
      }
      return made;
    }
  }

  private static ResourceID id(String child) {
    return new ResourceID(child, "default");
  }

  private static ConfigMap owner() {
    return new ConfigMapBuilder()
        .withNewMetadata()
        .withNamespace("default")
        .withName("owner")
        .endMetadata()
        .build();
  }

  private static ServiceAccount child(String name, String label) {
    return new ServiceAccountBuilder()
        .withNewMetadata()
        .withNamespace("default")
        .withName(name)
        .addToLabels("number", label)
        .endMetadata()
        .build();
  }
}
