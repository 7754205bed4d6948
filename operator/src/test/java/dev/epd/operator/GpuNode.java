package dev.epd.operator;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Map;

/**
 * A node with GPUs, for Kubernetes' own scheduler. Runs what is bound to it, and ends what is to
 * leave.
 */
final class GpuNode implements AutoCloseable {
  static final String GPU = "nvidia.com/gpu";

  private static final String NAME = "gpus";
  private static final Duration HEARTBEAT = Duration.ofSeconds(10);
  private static final long PAUSE_MILLIS = 200;

  private final KubernetesClient client;
  private final FakeNode pods;
  private final Thread thread;

  GpuNode(KubernetesClient client, String address, int gpus) {
    this.client = client;
    client
        .resource(
            new NodeBuilder()
                .withNewMetadata()
                .withName(NAME)
                .addToLabels("kubernetes.io/hostname", NAME)
                .endMetadata()
                .build())
        .create();
    beat(gpus);
    this.pods = new FakeNode(client, address, pod -> pod.getSpec().getNodeName() != null);
    this.thread = Thread.ofVirtual().name("GPU node").start(() -> work(gpus));
  }

  private void beat(int gpus) {
    String now = Instant.now().truncatedTo(ChronoUnit.SECONDS).toString();
    Map<String, Quantity> room =
        Map.of(
            "cpu",
            new Quantity("64"),
            "memory",
            new Quantity("512Gi"),
            "pods",
            new Quantity("200"),
            GPU,
            new Quantity(Integer.toString(gpus)));
    Node node =
        new NodeBuilder(client.nodes().withName(NAME).get())
            .editOrNewStatus()
            .withCapacity(room)
            .withAllocatable(room)
            .withConditions()
            .addNewCondition()
            .withType("Ready")
            .withStatus("True")
            .withReason("KubeletReady")
            .withLastHeartbeatTime(now)
            .endCondition()
            .endStatus()
            .build();
    client.resource(node).updateStatus();
  }

  private void work(int gpus) {
    Instant beaten = Instant.now();
    while (!Thread.currentThread().isInterrupted()) {
      try {
        if (Instant.now().isAfter(beaten.plus(HEARTBEAT))) {
          beat(gpus);
          beaten = Instant.now();
        }
        client.pods().inAnyNamespace().withField("spec.nodeName", NAME).list().getItems().stream()
            .filter(pod -> pod.getMetadata().getDeletionTimestamp() != null)
            .forEach(this::end);
        Thread.sleep(PAUSE_MILLIS);
      } catch (KubernetesClientException e) {
        // A pod is gone, or the node was written by others: the next round sees.
      } catch (InterruptedException e) {
        return;
      }
    }
  }

  private void end(Pod pod) {
    client.resource(pod).withGracePeriod(0).delete();
  }

  @Override
  public void close() throws InterruptedException {
    thread.interrupt();
    thread.join();
    pods.close();
  }
}
