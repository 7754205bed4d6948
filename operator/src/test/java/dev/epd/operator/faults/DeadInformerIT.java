package dev.epd.operator.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.epd.onebox.ControlPlane;
import dev.epd.onebox.ControlPlaneConfig;
import dev.epd.operator.FakeNode;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import org.awaitility.core.ThrowingRunnable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An informer that ends for good: the process ends too, or a kubelet would end it. */
class DeadInformerIT {
  private static final String NS = "blind";

  /** No client reads on after it. */
  private static final Weather GARBAGE =
      new Weather() {
        @Override
        public void onEvent(WatchEvent event, WatchStream to) throws IOException {
          Frame unreadable =
              Frame.text(
                  """
                  {"type":"MODIFIED","object":{"apiVersion":"v1","kind":"Service",\
                  "metadata":{"name":"one","generation":"many"}}}
                  """);
          to.send(
              event.resource().equals("services")
                  ? new WatchEvent(event.resource(), event.type(), event.object(), unreadable)
                  : event);
        }
      };

  @TempDir Path folder;

  @Test
  void anOperatorThatHasGoneBlindIsReplacedAndItsSuccessorSees() throws Exception {
    try (ControlPlane kube = ControlPlane.start(ControlPlaneConfig.defaults().withoutScheduler());
        KubernetesClient admin = kube.client();
        FakeNode _ = new FakeNode(admin, "127.83.0.8");
        ApiProxy proxy = new ApiProxy(kube, () -> {})) {
      kube.kubectl("apply", "-f", root("crds")).orThrow();
      kube.kubectl("wait", "--for=condition=Established", "crd", "--all", "--timeout=60s")
          .orThrow();
      kube.kubectl("apply", "-f", root("config/operator")).orThrow();
      kube.kubectl("create", "namespace", NS).orThrow();
      Path account = kube.kubeconfigFor("epd-system", "epd-operator");
      try (OperatorProcess operator =
          OperatorProcess.of(folder, account, proxy.port(), NS, "epd-operator-0")) {
        operator.start();
        cluster(admin, 1);
        eventually(() -> assertThat(decodes(admin)).isEqualTo(1));
        assertThat(operator.isHealthy()).isTrue();

        proxy.weather(GARBAGE);
        kube.kubectl("label", "service", "--all", "-n", NS, "seen=no").orThrow();
        eventually(() -> assertThat(operator.isHealthy()).as(operator.log()).isFalse());

        proxy.weather(Weather.CALM);
        operator.kill();
        operator.start();
        cluster(admin, 2);
        eventually(() -> assertThat(decodes(admin)).isEqualTo(2));
        assertThat(operator.isHealthy()).isTrue();
      }
    }
  }

  private static void cluster(KubernetesClient admin, int decodes) {
    admin
        .resource(
            """
            apiVersion: epd.dev/v1alpha1
            kind: EPDCluster
            metadata: {name: one, namespace: %s}
            spec:
              model: {name: m, source: {image: {reference: "m:1"}}}
              runtime: {image: r:1}
              encoder: {replicas: 1}
              prefill: {replicas: 1}
              decode: {replicas: %d}
            """
                .formatted(NS, decodes))
        .serverSideApply();
  }

  private static int decodes(KubernetesClient admin) {
    return admin
        .pods()
        .inNamespace(NS)
        .withLabel("epd.dev/role", "decode")
        .list()
        .getItems()
        .size();
  }

  private static String root(String path) {
    return Path.of("..").resolve(path).toAbsolutePath().normalize().toString();
  }

  private static void eventually(ThrowingRunnable assertion) {
    await()
        .ignoreExceptions()
        .atMost(Duration.ofMinutes(2))
        .pollInterval(Duration.ofMillis(500))
        .untilAsserted(assertion);
  }
}
