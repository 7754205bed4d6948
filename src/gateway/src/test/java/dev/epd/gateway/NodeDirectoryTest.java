package dev.epd.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.epd.contract.ClusterKey;
import dev.epd.contract.Role;
import dev.epd.gateway.endpoints.Channels;
import dev.epd.gateway.endpoints.Endpoint;
import dev.epd.gateway.endpoints.Node;
import dev.epd.gateway.endpoints.NodeDirectory;
import dev.epd.gateway.endpoints.NodeDirectory.Misfit;
import java.time.Clock;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class NodeDirectoryTest {
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private final FakeCluster cluster = new FakeCluster();
  private final List<String> refused = new CopyOnWriteArrayList<>();
  private volatile Map<Misfit, Integer> refusedNow = Map.of();
  private final NodeDirectory directory =
      new NodeDirectory(
          TestModel.SPEC.fingerprint(),
          new Channels(cluster.key, Clock.systemUTC(), Thread::startVirtualThread),
          new NodeDirectory.Listener() {
            @Override
            public void usable(Collection<Node> nodes) {}

            @Override
            public void refused(Endpoint endpoint, String reason) {
              refused.add(endpoint.podName() + " " + reason);
            }

            @Override
            public void refusedNow(Map<Misfit, Integer> pods) {
              refusedNow = pods;
            }
          });

  @AfterEach
  void close() {
    directory.close();
    cluster.stop();
  }

  private static Map<Misfit, Integer> encoder(String reason) {
    return Map.of(new Misfit(Role.ENCODER, reason), 1);
  }

  private Node only() {
    await().atMost(PATIENCE).until(() -> directory.usable().size() == 1);
    return directory.usable().getFirst();
  }

  @Test
  void aRestartedProcessIsAnotherNodeAndADeadOneIsNone() {
    directory.update(List.of());
    cluster.start(directory::update);
    FakePod pod = cluster.add(Role.ENCODER, "e");
    Node first = only();
    assertThat(first.maxImages()).isEqualTo(8);

    pod.bootId = "another life";
    await().atMost(PATIENCE).until(() -> !directory.usable().contains(first) && only() != first);

    pod.kill();
    await().atMost(PATIENCE).until(() -> directory.usable().isEmpty());
  }

  @Test
  void readinessAndDeletionDecideAtOnce() {
    cluster.start(directory::update);
    FakePod pod = cluster.add(Role.PREFILL, "p");
    Node node = only();
    pod.ready = false;
    cluster.publish();
    await().atMost(PATIENCE).until(() -> directory.usable().isEmpty());
    pod.ready = true;
    cluster.publish();
    assertThat(only()).as("the same process").isSameAs(node);
    pod.deleting = true;
    cluster.publish();
    await().atMost(PATIENCE).until(() -> directory.usable().isEmpty());
  }

  @Test
  void aSuspectIsUsedAgainOnceItAnswers() {
    cluster.start(directory::update);
    cluster.add(Role.DECODE, "d");
    Node node = only();
    directory.suspect(node);
    directory.check(node);
    assertThat(only()).isSameAs(node);
  }

  @Test
  void aPodOfAnotherModelIsRefusedOnce() {
    FakePod pod = new FakePod(cluster, Role.DECODE, "d").start();
    Endpoint real = pod.endpoint();
    var stranger =
        new Endpoint(Role.DECODE, "d", real.host(), real.controlPort(), 1, true, false, "");
    pod.fingerprint = "another";
    for (int i = 0; i < 3; i++) {
      directory.update(List.of(stranger));
    }
    await().atMost(PATIENCE).until(() -> !refused.isEmpty());
    directory.update(List.of(stranger));
    assertThat(refused).containsExactly("d model_fingerprint");
    assertThat(directory.usable()).isEmpty();
    pod.kill();
  }

  /** The pods' Secret was replaced, or their clocks differ: they cannot say who they are. */
  @Test
  void aPodThatTakesUsForAStrangerIsTold() {
    cluster.start(directory::update);
    FakePod pod = new FakePod(cluster, Role.ENCODER, "e");
    pod.key = ClusterKey.random();
    cluster.add(pod);
    await().atMost(PATIENCE).until(() -> refusedNow.equals(encoder("unauthenticated")));
    assertThat(refused).containsExactly("e unauthenticated");
    assertThat(directory.usable()).isEmpty();
  }

  @Test
  void whatIsRefusedIsToldAsLongAsItIs() {
    cluster.start(directory::update);
    FakePod pod = new FakePod(cluster, Role.ENCODER, "e");
    pod.fingerprint = "another";
    cluster.add(pod);
    await().atMost(PATIENCE).until(() -> refusedNow.equals(encoder("model_fingerprint")));
    pod.ready = false;
    cluster.publish();
    await().atMost(PATIENCE).until(() -> refusedNow.isEmpty());
    pod.ready = true;
    cluster.publish();
    await().atMost(PATIENCE).until(() -> refusedNow.equals(encoder("model_fingerprint")));

    pod.fingerprint = TestModel.SPEC.fingerprint();
    only();
    assertThat(refusedNow).as("it fits now").isEmpty();
    pod.fingerprint = "another";
    await().atMost(PATIENCE).until(() -> refusedNow.equals(encoder("model_fingerprint")));
    cluster.remove(pod);
    await().atMost(PATIENCE).until(() -> refusedNow.isEmpty());
    pod.kill();
  }
}
