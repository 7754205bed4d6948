package dev.epd.operator;

import static dev.epd.operator.OperatorWorld.admin;
import static dev.epd.operator.OperatorWorld.apply;
import static dev.epd.operator.OperatorWorld.assertReady;
import static dev.epd.operator.OperatorWorld.cluster;
import static dev.epd.operator.OperatorWorld.condition;
import static dev.epd.operator.OperatorWorld.eventually;
import static dev.epd.operator.OperatorWorld.kube;
import static dev.epd.operator.OperatorWorld.namespace;
import static org.assertj.core.api.Assertions.assertThat;

import dev.epd.api.v1alpha1.Condition;
import dev.epd.api.v1alpha1.Reason;
import io.fabric8.kubernetes.api.model.Pod;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What scheduler and kubelet say of a pod is said of the cluster, with what to do. */
@ExtendWith(OperatorWorld.class)
class ApiServerPodTroubleTest {
  private static final String NEVER_BY_ITSELF =
      "replicas: 1, runtime: {image: \"" + FakeNode.NEVER + "\"}";

  /** What a pod's status may hold, and the words of it that must not be lost. */
  enum Trouble {
    NO_ROOM(
        Reason.Unschedulable,
        "0/3 nodes are available: 3 Insufficient nvidia.com/gpu.",
        """
        {"conditions": [{"type": "PodScheduled", "status": "False", "reason": "Unschedulable",
          "message": "0/3 nodes are available: 3 Insufficient nvidia.com/gpu."}]}"""),
    NO_IMAGE(
        Reason.ImagePullFailed,
        "manifest unknown",
        container(
            """
            {"waiting": {"reason": "ErrImagePull", "message": "manifest unknown"}}""",
            "{}")),
    ENDS_AGAIN_AND_AGAIN(
        Reason.CrashLooping,
        "exit code 137",
        container(
            """
            {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 40s"}}""",
            """
            {"terminated": {"exitCode": 137, "reason": "OOMKilled"}}""")),
    NO_SECRET(
        Reason.ContainerConfigInvalid,
        "secret \"token\" not found",
        container(
            """
            {"waiting": {"reason": "CreateContainerConfigError",
              "message": "secret \\"token\\" not found"}}""",
            "{}"));

    private final Reason reason;
    private final String words;
    private final String status;

    Trouble(Reason reason, String words, String status) {
      this.reason = reason;
      this.words = words;
      this.status = status;
    }

    private static String container(String state, String lastState) {
      return """
      {"containerStatuses": [{"name": "%%s", "image": "epd.dev/never:1", "imageID": "",
        "ready": false, "restartCount": 3, "state": %s, "lastState": %s}]}"""
          .formatted(state, lastState);
    }

    String statusOf(Pod pod) {
      return status.replace("%s", pod.getSpec().getContainers().getFirst().getName());
    }
  }

  @ParameterizedTest
  @EnumSource
  void aPodsTroubleIsTheClusters(Trouble trouble) {
    String ns = namespace(trouble.name().toLowerCase(Locale.ROOT).replace('_', '-'));
    apply(ns, cluster("replicas: 1", NEVER_BY_ITSELF));
    eventually(() -> assertThat(prefills(ns)).hasSize(1));
    Pod pod = prefills(ns).getFirst();
    write(pod, trouble.statusOf(pod));

    eventually(
        () -> {
          assertSays(condition(ns, "PrefillReady"), trouble.reason, trouble.words);
          assertSays(condition(ns, "Ready"), trouble.reason, trouble.words);
          assertThat(condition(ns, "Ready").message())
              .contains("prefill", pod.getMetadata().getName());
        });

    write(
        pod,
        """
        {"phase": "Running", "containerStatuses": null,
          "conditions": [{"type": "Ready", "status": "True"}]}""");
    eventually(() -> assertReady(ns));
  }

  @Test
  void podsThatAdmissionRefusesAreTheClustersTroubleToo() {
    String ns = namespace("refused-pods");
    apply(
        ns,
        """
        apiVersion: v1
        kind: LimitRange
        metadata: {name: tiny}
        spec: {limits: [{type: Pod, max: {memory: 1Mi}}]}
        """);
    apply(ns, cluster("replicas: 1", "replicas: 1"));
    eventually(
        () ->
            assertSays(
                condition(ns, "Ready"), Reason.PodsNotCreated, "maximum memory usage per Pod"));

    kube.kubectl("delete", "limitrange", "tiny", "-n", ns).orThrow();
    eventually(() -> assertReady(ns));
  }

  private static void assertSays(Condition condition, Reason reason, String words) {
    assertThat(condition.reason()).as(condition.toString()).isEqualTo(reason.name());
    assertThat(condition.status()).isEqualTo(Condition.Status.False);
    assertThat(condition.message()).contains(words, reason.remedy());
  }

  private static void write(Pod pod, String status) {
    kube.kubectl(
            "patch",
            "pod",
            pod.getMetadata().getName(),
            "-n",
            pod.getMetadata().getNamespace(),
            "--subresource=status",
            "--type=merge",
            "-p",
            "{\"status\": " + status + "}")
        .orThrow();
  }

  private static List<Pod> prefills(String ns) {
    return admin.pods().inNamespace(ns).withLabel("epd.dev/role", "prefill").list().getItems();
  }
}
