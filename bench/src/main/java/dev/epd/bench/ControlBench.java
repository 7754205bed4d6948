package dev.epd.bench;

import dev.epd.bench.AuditLog.Request;
import dev.epd.bench.Report.Section;
import dev.epd.bench.Rounds.Value;
import dev.epd.onebox.ControlPlane;
import dev.epd.onebox.ControlPlaneConfig;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.apps.DeploymentBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/** What the operator costs the API server, one cluster at a time. */
final class ControlBench {
  private static final int ROUNDS = 5;
  private static final Duration A_WHILE = Duration.ofSeconds(3);
  private static final String DEPLOYMENTS =
      "system:serviceaccount:kube-system:replicaset-controller";

  private final ControlPlane kube;
  private final AuditLog audit;
  private int number;
  private int children;

  private ControlBench(ControlPlane kube, AuditLog audit) {
    this.kube = kube;
    this.audit = audit;
  }

  static Section run(Path home) throws Exception {
    Path folder = Files.createTempDirectory("epd-bench");
    AuditLog audit = new AuditLog(folder);
    try (ControlPlane kube =
        ControlPlane.start(
            ControlPlaneConfig.defaults().withoutScheduler().withApiServerArgs(audit.flags()))) {
      install(kube, home);
      try (OperatorProcess operator =
          OperatorProcess.start(kube, home, folder, List.of("-Xmx128m"))) {
        operator.awaitReady();
        ControlBench bench = new ControlBench(kube, audit);
        Rounds rounds =
            new Rounds("control")
                .add("EPDCluster", bench::cluster)
                .add("Deployment", bench::deployment)
                .add("at rest", bench::rest)
                .run(1, ROUNDS)
                .ratio(
                    "EPDCluster / Deployment",
                    "EPDCluster, apply → last child",
                    "Deployment, apply → last pod");
        return new Section(
            "Control plane",
            "One EPDCluster with four pools of one pod each, from the API server's answer to its apply"
                + " until the answer to the creation of its last child, against a Deployment with as"
                + " many pods as there are children; by the API server's audit log. No pod runs."
                + " At rest: the operator's requests in the seconds after ten pods were annotated, each"
                + " of which makes a reconcile that finds all well. Trouble: from the answer to what a"
                + " node writes of a pod whose image it can't pull until the cluster's own status says so.",
            rounds.figures());
      }
    } finally {
      delete(folder);
    }
  }

  static void install(ControlPlane kube, Path home) {
    kube.kubectl("apply", "-f", home.resolve("crds").toString()).orThrow();
    kube.kubectl("apply", "-f", home.resolve("config/operator").toString()).orThrow();
    kube.kubectl("wait", "--for=condition=Established", "crd", "--all", "--timeout=60s").orThrow();
  }

  static void delete(Path folder) throws IOException {
    try (var files = Files.walk(folder)) {
      for (Path file : files.sorted(java.util.Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }

  static String yaml(String name) {
    return """
    apiVersion: epd.dev/v1alpha1
    kind: EPDCluster
    metadata: {name: %s, namespace: default}
    spec:
      model: {name: m, source: {pvc: {claimName: models, path: m}}}
      runtime: {image: r:1}
      encoder: {replicas: 1}
      prefill: {replicas: 1}
      decode: {replicas: 1}
    """
        .formatted(name);
  }

  static void apply(KubernetesClient client, String yaml) {
    client
        .load(new java.io.ByteArrayInputStream(yaml.getBytes(StandardCharsets.UTF_8)))
        .forceConflicts()
        .serverSideApply();
  }

  /** All objects of one of our kinds. */
  static List<GenericKubernetesResource> all(KubernetesClient client, String kind) {
    return client
        .genericKubernetesResources("epd.dev/v1alpha1", kind)
        .inNamespace("default")
        .list()
        .getItems();
  }

  private static boolean isOurs(Request request) {
    return request.user().equals(OperatorProcess.USER);
  }

  private List<Value> cluster() throws Exception {
    audit.next();
    apply(kube.client(), yaml("c" + ++number));
    List<Request> all = until(r -> isOurs(r) && r.resource().equals("epdclusters/status"));
    List<Request> ours = all.stream().filter(ControlBench::isOurs).toList();
    List<Request> made =
        ours.stream()
            .filter(Request::hasCreated)
            .filter(r -> !r.resource().equals("events"))
            .toList();
    children = made.size();
    Request apply =
        all.stream()
            .filter(r -> r.resource().equals("epdclusters") && r.hasCreated())
            .findFirst()
            .orElseThrow();
    return List.of(
        new Value(
            ", apply → last child",
            "s",
            Duration.between(apply.answered(), made.getLast().answered()).toNanos() / 1e9),
        new Value(", children", "objects", children),
        new Value(", writes", "requests", ours.stream().filter(Request::isWrite).count()),
        new Value(", reads", "requests", ours.stream().filter(r -> !r.isWrite()).count()));
  }

  private List<Value> deployment() throws Exception {
    audit.next();
    String name = "d" + ++number;
    kube.client()
        .resource(
            new DeploymentBuilder()
                .withNewMetadata()
                .withName(name)
                .withNamespace("default")
                .endMetadata()
                .withNewSpec()
                // The round that warms up may begin here, before a cluster's children were counted.
                .withReplicas(Math.max(children, 1))
                .withNewSelector()
                .addToMatchLabels("app", name)
                .endSelector()
                .withNewTemplate()
                .withNewMetadata()
                .addToLabels("app", name)
                .endMetadata()
                .withNewSpec()
                .addNewContainer()
                .withName("main")
                .withImage("r:1")
                .endContainer()
                .endSpec()
                .endTemplate()
                .endSpec()
                .build())
        .create();
    List<Request> all = until(r -> r.user().equals(DEPLOYMENTS) && r.resource().equals("pods"));
    Request apply =
        all.stream()
            // A POST has no name in the audit log.
            .filter(r -> r.resource().equals("deployments"))
            .filter(r -> !isOurs(r))
            .filter(Request::hasCreated)
            .findFirst()
            .orElseThrow();
    Request last =
        all.stream()
            .filter(r -> r.user().equals(DEPLOYMENTS))
            .filter(r -> r.resource().equals("pods") && r.hasCreated())
            .reduce((first, second) -> second)
            .orElseThrow();
    return List.of(
        new Value(
            ", apply → last pod",
            "s",
            Duration.between(apply.answered(), last.answered()).toNanos() / 1e9));
  }

  private List<Value> rest() throws Exception {
    audit.next();
    kube
        .client()
        .pods()
        .inNamespace("default")
        .withLabel("epd.dev/cluster")
        .list()
        .getItems()
        .stream()
        .limit(10)
        .forEach(
            pod ->
                kube.client()
                    .resource(pod)
                    .edit(
                        p -> {
                          p.getMetadata().getAnnotations().put("bench", "" + number);
                          return p;
                        }));
    List<Request> all = until(r -> r.resource().equals("pods"));
    return List.of(
        new Value(", requests", "requests", all.stream().filter(ControlBench::isOurs).count()));
  }

  /** All requests until the sought one has come and nobody has written anything for a while. */
  private List<Request> until(Predicate<Request> sought) throws IOException, InterruptedException {
    List<Request> all = new ArrayList<>();
    List<Request> more;
    do {
      Thread.sleep(A_WHILE);
      more = audit.next();
      all.addAll(more);
    } while (more.stream().anyMatch(Request::isWrite) || all.stream().noneMatch(sought));
    return all;
  }
}
