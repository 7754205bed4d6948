package dev.epd.operator;

import static dev.epd.operator.OperatorWorld.admin;
import static dev.epd.operator.OperatorWorld.apply;
import static dev.epd.operator.OperatorWorld.assertSettled;
import static dev.epd.operator.OperatorWorld.cluster;
import static dev.epd.operator.OperatorWorld.eventually;
import static dev.epd.operator.OperatorWorld.kube;
import static dev.epd.operator.OperatorWorld.namespace;
import static dev.epd.operator.OperatorWorld.operator;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.Watcher;
import io.fabric8.kubernetes.client.WatcherException;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.File;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What the operator counts of itself, against a real API server. */
@ExtendWith(OperatorWorld.class)
class ApiServerMetricsTest {
  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();

  @Test
  void atRestNothingIsPending() {
    String ns = namespace("pending");
    apply(ns, cluster("replicas: 1", "replicas: 1"));
    eventually(() -> assertSettled(ns));
    kube.kubectl("delete", "epd", "one", "-n", ns).orThrow();
    eventually(
        () -> {
          assertThat(admin.apps().deployments().inNamespace(ns).list().getItems()).isEmpty();
          assertThat(operator.registry.get("reconciliations.pending").gauges())
              .hasSize(2)
              .allSatisfy(gauge -> assertThat(gauge.value()).isZero());
        });
  }

  @Test
  void everyRequestIsCountedByWhatWasAskedAndHowItEnded() {
    String ns = namespace("asked");
    String account = kube.kubeconfigFor("epd-system", "epd-operator").toString();
    Config config = Config.fromKubeconfig(new File(account));
    try (KubernetesClient client = counted(config)) {
      assertThat(client.pods().inNamespace(ns).list().getItems()).isEmpty();
      assertThat(client.pods().inNamespace(ns).withName("nobody").get()).isNull();
      assertThatThrownBy(() -> client.secrets().inNamespace(ns).list())
          .isInstanceOf(KubernetesClientException.class);
      try (var watch = client.pods().inNamespace(ns).watch(new Idle())) {
        assertThat(watch).isNotNull();
      }
    }
    Config nobody =
        new ConfigBuilder(config)
            .withMasterUrl("https://127.0.0.1:1")
            .withRequestRetryBackoffLimit(1)
            .build();
    try (KubernetesClient client = counted(nobody)) {
      assertThatThrownBy(() -> client.services().inNamespace(ns).list())
          .isInstanceOf(KubernetesClientException.class);
    }
    eventually(
        () ->
            assertThat(counted())
                .containsExactlyInAnyOrder(
                    "list pods 2xx",
                    "get pods 4xx",
                    "list secrets 4xx",
                    "watch pods 1xx",
                    "list services none"));
  }

  private KubernetesClient counted(Config config) {
    return new KubernetesClientBuilder()
        .withConfig(config)
        .withHttpClientBuilderConsumer(
            http -> http.addOrReplaceInterceptor("metrics", new ApiRequestMetrics(registry)))
        .build();
  }

  private Set<String> counted() {
    return registry.find("epd.operator.api.requests").counters().stream()
        .map(Meter::getId)
        .map(id -> id.getTag("verb") + " " + id.getTag("resource") + " " + id.getTag("code"))
        .collect(Collectors.toSet());
  }

  private static final class Idle implements Watcher<Pod> {
    @Override
    public void eventReceived(Action action, Pod pod) {}

    @Override
    public void onClose(WatcherException cause) {}
  }
}
