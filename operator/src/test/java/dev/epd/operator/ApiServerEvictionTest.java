package dev.epd.operator;

import static dev.epd.operator.OperatorWorld.admin;
import static dev.epd.operator.OperatorWorld.apply;
import static dev.epd.operator.OperatorWorld.assertReady;
import static dev.epd.operator.OperatorWorld.cluster;
import static dev.epd.operator.OperatorWorld.eventually;
import static dev.epd.operator.OperatorWorld.finalizers;
import static dev.epd.operator.OperatorWorld.kube;
import static dev.epd.operator.OperatorWorld.namespace;
import static org.assertj.core.api.Assertions.assertThat;

import dev.epd.onebox.KubectlResult;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What a node that is drained may take, by Kubernetes' own disruption controller. */
@ExtendWith(OperatorWorld.class)
class ApiServerEvictionTest {
  @Test
  void aPodThatNeverComesDoesNotHoldTheOthersOnTheirNodes() throws IOException {
    String ns = namespace("drained-node");
    apply(ns, cluster("replicas: 1", "replicas: 2"));
    eventually(() -> assertReady(ns));
    eventually(() -> assertThat(allowed(ns)).isEqualTo(1));
    List<Pod> pods = prefills(ns);

    notReadySince(pods.getFirst(), Duration.ofSeconds(10));
    eventually(() -> assertThat(allowed(ns)).isZero());
    KubectlResult refused = evict(pods.getLast());
    assertThat(refused.exitCode()).isNotZero();
    assertThat(refused.err()).contains("disruption budget");

    notReadySince(pods.getFirst(), Duration.ofHours(1));
    eventually(() -> assertThat(allowed(ns)).isEqualTo(1));
    evict(pods.getLast()).orThrow();
    eventually(
        () ->
            assertThat(prefills(ns))
                .extracting(pod -> pod.getMetadata().getUid())
                .doesNotContain(pods.getLast().getMetadata().getUid()));
  }

  /** Kubernetes can't say how many pods there should be of a set whose Deployment is gone. */
  @Test
  void aPodOfTheOldSetThatHangsDoesNotHoldTheNewOnesOnTheirNodes() throws IOException {
    String ns = namespace("drained-after-change");
    apply(ns, cluster("replicas: 1", "replicas: 2"));
    eventually(() -> assertReady(ns));
    Pod hangs = prefills(ns).getFirst();
    finalizers(hangs, "[\"test.epd.dev/dead-node\"]");

    apply(ns, cluster("replicas: 1", "replicas: 2").replace("path: shapes", "path: other"));
    eventually(
        () ->
            assertThat(admin.resource(hangs).get().getMetadata().getDeletionTimestamp())
                .isNotNull());
    eventually(() -> assertThat(prefills(ns)).hasSize(3));
    eventually(() -> assertThat(allowed(ns)).isEqualTo(1));
    Pod fresh =
        prefills(ns).stream()
            .filter(pod -> pod.getMetadata().getDeletionTimestamp() == null)
            .findFirst()
            .orElseThrow();
    evict(fresh).orThrow();
    finalizers(hangs, "null");
  }

  private static void notReadySince(Pod pod, Duration ago) {
    String since = Instant.now().minus(ago).truncatedTo(ChronoUnit.SECONDS).toString();
    eventually(
        () ->
            admin
                .resource(
                    new PodBuilder(admin.resource(pod).get())
                        .editStatus()
                        .withConditions()
                        .addNewCondition()
                        .withType("Ready")
                        .withStatus("False")
                        .withLastTransitionTime(since)
                        .endCondition()
                        .endStatus()
                        .build())
                .updateStatus());
  }

  private static KubectlResult evict(Pod pod) throws IOException {
    String ns = pod.getMetadata().getNamespace();
    String name = pod.getMetadata().getName();
    Path eviction = Files.createTempFile(kube.stateDir(), "eviction", ".json");
    Files.writeString(
        eviction,
        """
        {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"namespace": "%s", "name": "%s"}}
        """
            .formatted(ns, name));
    return kube.kubectl(
        "create",
        "--raw",
        "/api/v1/namespaces/" + ns + "/pods/" + name + "/eviction",
        "-f",
        eviction.toString());
  }

  private static int allowed(String ns) {
    return admin
        .policy()
        .v1()
        .podDisruptionBudget()
        .inNamespace(ns)
        .withName("one-prefill")
        .get()
        .getStatus()
        .getDisruptionsAllowed();
  }

  private static List<Pod> prefills(String ns) {
    return admin.pods().inNamespace(ns).withLabel("epd.dev/role", "prefill").list().getItems();
  }
}
