package dev.epd.operator;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;

/**
 * Stands in for scheduler and kubelet: every pod is soon running and ready, at one address, but for
 * those whose image is {@link #NEVER}.
 */
public final class FakeNode implements AutoCloseable {
  /** A pod of this image never gets ready. */
  public static final String NEVER = "epd.dev/never:1";

  private static final long PAUSE_MILLIS = 200;

  private final KubernetesClient client;
  private final Map<String, String> addresses = new ConcurrentHashMap<>();
  private final String address;
  private final Predicate<Pod> isIts;
  private final Thread thread;

  public FakeNode(KubernetesClient client, String address) {
    this(client, address, pod -> true);
  }

  /** A node that runs only these pods. */
  FakeNode(KubernetesClient client, String address, Predicate<Pod> isIts) {
    this.client = client;
    this.address = address;
    this.isIts = isIts;
    this.thread = Thread.ofVirtual().name("fake node").start(this::work);
  }

  /** From now on pods of a cluster come up at another address. */
  public void place(String cluster, String elsewhere) {
    addresses.put(cluster, elsewhere);
  }

  /** New pods of all clusters come up at the usual address again. */
  public void placeAsEver() {
    addresses.clear();
  }

  private void work() {
    while (!Thread.currentThread().isInterrupted()) {
      try {
        client.pods().inAnyNamespace().withLabel("epd.dev/cluster").list().getItems().stream()
            .filter(isIts)
            .forEach(this::run);
        Thread.sleep(PAUSE_MILLIS);
      } catch (KubernetesClientException e) {
        // A pod is gone, or the server is busy: the next round sees.
      } catch (InterruptedException e) {
        return;
      }
    }
  }

  private void run(Pod pod) {
    boolean running = pod.getStatus() != null && "Running".equals(pod.getStatus().getPhase());
    boolean never = NEVER.equals(pod.getSpec().getContainers().getFirst().getImage());
    if (running || never || pod.getMetadata().getDeletionTimestamp() != null) {
      return;
    }
    String place =
        addresses.getOrDefault(pod.getMetadata().getLabels().get("epd.dev/cluster"), address);
    String now = Instant.now().truncatedTo(ChronoUnit.SECONDS).toString();
    client
        .resource(
            new PodBuilder(pod)
                .editOrNewStatus()
                .withPhase("Running")
                .withPodIP(place)
                .addNewPodIP(place)
                .addNewCondition()
                .withType("Ready")
                .withStatus("True")
                .withLastTransitionTime(now)
                .endCondition()
                .endStatus()
                .build())
        .updateStatus();
  }

  @Override
  public void close() throws InterruptedException {
    thread.interrupt();
    thread.join();
  }
}
