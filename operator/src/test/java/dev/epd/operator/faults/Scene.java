package dev.epd.operator.faults;

import dev.epd.onebox.ControlPlane;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.GenericKubernetesResourceList;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.NonNamespaceOperation;
import io.fabric8.kubernetes.client.dsl.Resource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** What a perturbation may touch: one lane while one story is told in it. */
final class Scene implements AutoCloseable {
  private final ControlPlane kube;
  private final Lane lane;
  private final Account account;
  private final Stage stage;
  private final Reference reference;
  private final Queue<String> complaints = new ConcurrentLinkedQueue<>();
  private final AtomicInteger restarts = new AtomicInteger();
  private final List<AutoCloseable> others = new ArrayList<>();
  private final Thread kubelet = Thread.ofVirtual().name("kubelet").unstarted(this::keepAlive);
  private volatile boolean isKept = true;
  private @Nullable Object memory;

  Scene(ControlPlane kube, Lane lane, Account account, Stage stage, Reference reference) {
    this.kube = kube;
    this.lane = lane;
    this.account = account;
    this.stage = stage;
    this.reference = reference;
    kubelet.start();
  }

  ControlPlane kube() {
    return kube;
  }

  KubernetesClient client() {
    return lane.admin();
  }

  String namespace() {
    return lane.namespace();
  }

  ApiProxy proxy() {
    return lane.proxy();
  }

  OperatorProcess operator() {
    return lane.operator();
  }

  Account account() {
    return account;
  }

  Stage stage() {
    return stage;
  }

  Reference reference() {
    return reference;
  }

  /** Objects of a kind in the scene's namespace. */
  NonNamespaceOperation<
          GenericKubernetesResource,
          GenericKubernetesResourceList,
          Resource<GenericKubernetesResource>>
      objects(String kind) {
    return client().genericKubernetesResources(Snapshot.kind(kind)).inNamespace(namespace());
  }

  /** What a perturbation must know at its end of how it began. */
  void keep(Object thing) {
    memory = thing;
  }

  <T> T kept(Class<T> type) {
    return type.cast(Objects.requireNonNull(memory));
  }

  void complain(String complaint) {
    complaints.add(complaint);
  }

  String complaints() {
    return String.join("\n", complaints);
  }

  /** Ends the operator, and nobody starts it again. */
  void stopOperator() {
    isKept = false;
    operator().kill();
  }

  void startOperator() {
    operator().start();
    isKept = true;
  }

  /** A container that ends is started again, by the kubelet. */
  private void keepAlive() {
    while (!Thread.currentThread().isInterrupted()) {
      try {
        Thread.sleep(500);
      } catch (InterruptedException e) {
        return;
      }
      if (isKept && !operator().isAlive()) {
        restarts.incrementAndGet();
        operator().start();
      }
    }
  }

  /** How often the operator ended by itself. */
  int restarts() {
    return restarts.get();
  }

  boolean isEnd() {
    return stage.snapshot().equals(reference.end());
  }

  void awaitEnd() throws InterruptedException {
    if (!Lane.await(this::isEnd)) {
      complain("the end was not reached:\n" + stage.snapshot().differenceTo(reference.end()));
    }
  }

  /** Whether a condition of the cluster or of one of its pools has this reason and message. */
  boolean isSaid(String reason, String message) {
    return List.of("EPDCluster", "EPDPool").stream()
        .flatMap(kind -> objects(kind).list().getItems().stream())
        .<List<Map<String, Object>>>map(object -> object.get("status", "conditions"))
        .filter(conditions -> conditions != null)
        .flatMap(List::stream)
        .anyMatch(
            c ->
                reason.equals(c.get("reason"))
                    && String.valueOf(c.get("message")).contains(message));
  }

  void awaitSaid(String reason, String message) throws InterruptedException {
    if (!Lane.await(() -> isSaid(reason, message))) {
      complain("no condition says %s: %s".formatted(reason, message));
    }
  }

  /** A second operator for the same lease and namespace, behind a proxy of its own. */
  Standby standby(String name) throws IOException {
    ApiProxy proxy = new ApiProxy(kube, () -> {});
    others.add(proxy);
    Path folder = Files.createTempDirectory(name);
    OperatorProcess operator =
        OperatorProcess.of(folder, account.kubeconfig(), proxy.port(), namespace(), name);
    others.add(operator);
    proxy.watch(namespace());
    operator.start();
    return new Standby(operator, proxy);
  }

  record Standby(OperatorProcess operator, ApiProxy proxy) {}

  @Override
  public void close() throws Exception {
    kubelet.interrupt();
    kubelet.join();
    for (AutoCloseable other : others.reversed()) {
      other.close();
    }
    proxy().weather(Weather.CALM);
    lane.keepOperator();
  }
}
