package dev.epd.bench;

import dev.epd.bench.Report.Section;
import dev.epd.bench.Rounds.Value;
import dev.epd.onebox.ControlPlane;
import dev.epd.onebox.ControlPlaneConfig;
import io.fabric8.kubernetes.api.model.ContainerStateBuilder;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.ResourceQuotaBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.Resource;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;

/**
 * How soon a cluster's own status tells a pod's trouble. No node runs here: what it or the
 * scheduler would say of the pod is written in its place, as they write it. The quota is real.
 */
final class TroubleBench {
  private static final int ROUNDS = 5;
  private static final Duration PATIENCE = Duration.ofMinutes(1);
  private static final Duration A_WHILE = Duration.ofSeconds(1);

  /** As in {@link ControlBench#yaml}, of {@code startup.timeout}. */
  private static final Duration STARTUP_TIMEOUT = Duration.ofMinutes(10);

  private static final String FULL = "full";

  private final KubernetesClient client;
  private int number;

  private TroubleBench(KubernetesClient client) {
    this.client = client;
  }

  static Section run(Path home) throws Exception {
    Path folder = Files.createTempDirectory("epd-bench");
    try (ControlPlane kube = ControlPlane.start(ControlPlaneConfig.defaults().withoutScheduler())) {
      ControlBench.install(kube, home);
      try (OperatorProcess operator =
          OperatorProcess.start(kube, home, folder, List.of("-Xmx128m"))) {
        operator.awaitReady();
        return new TroubleBench(kube.client()).measure();
      }
    } finally {
      ControlBench.delete(folder);
    }
  }

  private Section measure() throws Exception {
    makeFullNamespace();
    Rounds rounds =
        new Rounds("trouble")
            .add("Unschedulable", () -> ofPod("Unschedulable", TroubleBench::unschedulable))
            .add("ImagePullFailed", () -> ofPod("ImagePullFailed", TroubleBench::noImage))
            .add("ModelLoadFailed", () -> ofPod("ModelLoadFailed", p -> ended(p, 3)))
            .add("CrashLooping", () -> ofPod("CrashLooping", p -> ended(p, 1)))
            .add("StartupTimeout", () -> ofPod("StartupTimeout", TroubleBench::slow))
            .add("QuotaExceeded, with the making of the cluster", this::quota)
            .run(1, ROUNDS);
    return new Section(
        "Troubles of pods",
        "From just before a node's or the scheduler's word of a prefill pod is written until a watch"
            + " shows a condition of the EPDCluster with the reason; for the quota, from just before"
            + " the cluster is applied to a namespace that may have no pods.",
        rounds.figures());
  }

  private void makeFullNamespace() throws InterruptedException {
    client
        .resource(new NamespaceBuilder().withNewMetadata().withName(FULL).endMetadata().build())
        .create();
    client
        .resource(
            new ResourceQuotaBuilder()
                .withNewMetadata()
                .withName("no-pods")
                .withNamespace(FULL)
                .endMetadata()
                .withNewSpec()
                .withHard(Map.of("pods", new Quantity("0")))
                .endSpec()
                .build())
        .create();
    client
        .resourceQuotas()
        .inNamespace(FULL)
        .withName("no-pods")
        .waitUntilCondition(
            quota -> quota.getStatus() != null && quota.getStatus().getUsed() != null,
            PATIENCE.toSeconds(),
            TimeUnit.SECONDS);
  }

  private List<Value> ofPod(String reason, UnaryOperator<Pod> trouble) throws Exception {
    String name = "t" + ++number;
    ControlBench.apply(client, ControlBench.yaml(name));
    Resource<GenericKubernetesResource> cluster = cluster("default", name);
    Pod pod = prefillPod(name);
    cluster.waitUntilCondition(
        c -> c != null && !conditions(c).isEmpty(), PATIENCE.toSeconds(), TimeUnit.SECONDS);
    Thread.sleep(A_WHILE);
    return told(cluster, reason, () -> client.resource(pod).editStatus(now -> trouble.apply(now)));
  }

  private List<Value> quota() throws Exception {
    String name = "q" + ++number;
    return told(
        cluster(FULL, name),
        "QuotaExceeded",
        () ->
            ControlBench.apply(
                client,
                ControlBench.yaml(name).replace("namespace: default", "namespace: " + FULL)));
  }

  private List<Value> told(
      Resource<GenericKubernetesResource> cluster, String reason, Runnable trouble)
      throws Exception {
    CompletableFuture<?> told =
        cluster.informOnCondition(
            all ->
                all.stream()
                    .flatMap(c -> conditions(c).stream())
                    .anyMatch(condition -> reason.equals(condition.get("reason"))));
    long start = System.nanoTime();
    trouble.run();
    told.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    double milliseconds = (System.nanoTime() - start) / 1e6;
    cluster.delete();
    cluster.waitUntilCondition(c -> c == null, PATIENCE.toSeconds(), TimeUnit.SECONDS);
    return List.of(new Value("", "ms", milliseconds));
  }

  private Resource<GenericKubernetesResource> cluster(String namespace, String name) {
    return client
        .genericKubernetesResources("epd.dev/v1alpha1", "EPDCluster")
        .inNamespace(namespace)
        .withName(name);
  }

  private Pod prefillPod(String cluster) throws Exception {
    return client
        .pods()
        .inNamespace("default")
        .withLabel("epd.dev/cluster", cluster)
        .withLabel("epd.dev/role", "prefill")
        .informOnCondition(pods -> !pods.isEmpty())
        .get(PATIENCE.toSeconds(), TimeUnit.SECONDS)
        .getFirst();
  }

  private static List<Map<String, Object>> conditions(GenericKubernetesResource cluster) {
    List<Map<String, Object>> conditions = cluster.get("status", "conditions");
    return conditions == null ? List.of() : conditions;
  }

  private static Pod unschedulable(Pod pod) {
    return new PodBuilder(pod)
        .editOrNewStatus()
        .addNewCondition()
        .withType("PodScheduled")
        .withStatus("False")
        .withReason("Unschedulable")
        .withMessage("0/3 nodes are available: 3 Insufficient nvidia.com/gpu.")
        .endCondition()
        .endStatus()
        .build();
  }

  private static Pod noImage(Pod pod) {
    return main(
        pod,
        0,
        new ContainerStateBuilder().withNewWaiting("Back-off pulling image", "ImagePullBackOff"),
        new ContainerStateBuilder());
  }

  private static Pod ended(Pod pod, int exitCode) {
    return main(
        pod,
        3,
        new ContainerStateBuilder().withNewWaiting("back-off 40s", "CrashLoopBackOff"),
        new ContainerStateBuilder()
            .withNewTerminated()
            .withExitCode(exitCode)
            .withReason("Error")
            .withMessage("cannot start: model.json: no such file")
            .endTerminated());
  }

  /** Told to stop by its startup probe, and started again. */
  private static Pod slow(Pod pod) {
    Instant end = Instant.now().truncatedTo(ChronoUnit.SECONDS);
    Instant start = end.minus(STARTUP_TIMEOUT);
    Pod restarted =
        main(
            pod,
            1,
            new ContainerStateBuilder().withNewRunning().withStartedAt(end.toString()).endRunning(),
            new ContainerStateBuilder()
                .withNewTerminated()
                .withExitCode(143)
                .withReason("Error")
                .withStartedAt(start.toString())
                .withFinishedAt(end.toString())
                .endTerminated());
    return new PodBuilder(restarted)
        .editStatus()
        .addNewCondition()
        .withType("Ready")
        .withStatus("False")
        .withReason("ContainersNotReady")
        .withLastTransitionTime(start.toString())
        .endCondition()
        .endStatus()
        .build();
  }

  private static Pod main(
      Pod pod, int restarts, ContainerStateBuilder state, ContainerStateBuilder last) {
    return new PodBuilder(pod)
        .editOrNewStatus()
        .addNewContainerStatus()
        .withName("main")
        .withImage("r:1")
        .withImageID("")
        .withReady(false)
        .withRestartCount(restarts)
        .withState(state.build())
        .withLastState(last.build())
        .endContainerStatus()
        .endStatus()
        .build();
  }
}
