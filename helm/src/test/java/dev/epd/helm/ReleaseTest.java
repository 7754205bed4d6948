package dev.epd.helm;

import static dev.epd.helm.Repository.CHART;
import static dev.epd.helm.Repository.HOME;
import static dev.epd.helm.Repository.text;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.marcnuri.helm.Helm;
import com.marcnuri.helm.Release;
import dev.epd.onebox.KubeBinary;
import dev.epd.onebox.Onebox;
import dev.epd.onebox.OneboxConfig;
import dev.epd.onebox.kubelet.ImageTable;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.readiness.Readiness;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.awaitility.core.ThrowingRunnable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;

/**
 * The life of one release, each step on the one before: an older chart, the upgrade, work in all
 * namespaces, then in one with Roles alone, the end. Helm is Helm, the API server is Kubernetes',
 * the operator is the built program; only its container is a process.
 */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class ReleaseTest {
  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final int HELM_SECONDS = 240;
  private static final String RELEASE = "epd";
  private static final String NAME = "epd-epd-operator";
  private static final String NAMESPACE = "serving-system";
  private static final String OPERATOR_IMAGE = "built-here/operator";

  /** kubectl finds a pod's account at a fixed path, which a process on a shared machine lacks. */
  private static final String KUBECTL =
      "exec \"$KUBE\" kubectl --cache-dir=\"$PWD/cache\""
          + " --server=https://$KUBERNETES_SERVICE_HOST:$KUBERNETES_SERVICE_PORT"
          + " --certificate-authority=\"$KUBERNETES_CERTS_CA_FILE\""
          + " --token=\"`cat \"$KUBERNETES_AUTH_SERVICEACCOUNT_TOKEN\"`\" \"$@\"";

  private static final String REFUSAL = "(?i)forbidden|(code|status)\\W+403";

  private static Onebox box;
  private static Set<String> before;

  @BeforeAll
  static void start() {
    box = Onebox.start(OneboxConfig.defaults(images()));
    box.persistentVolume("models", HOME.resolve("models"));
    for (String namespace : List.of(NAMESPACE, "team-a", "team-b")) {
      kubectl("create", "namespace", namespace);
      kubectl("label", "namespace", namespace, "pod-security.kubernetes.io/enforce=restricted");
    }
    before = objects();
  }

  @AfterAll
  static void stop() {
    box.close();
  }

  @Test
  @Order(1)
  void anOlderReleaseIsUpgradedWithItsDefinitions() throws IOException {
    Release old =
        new Helm(olderChart())
            .install()
            .withName(RELEASE)
            .withNamespace(NAMESPACE)
            .withKubeConfig(kubeconfig())
            .set("image.repository", OPERATOR_IMAGE)
            .set("replicaCount", 0)
            .call();
    assertThat(old.getStatus()).isEqualTo("deployed");
    assertThat(old.getOutput())
        .contains("helm test epd -n serving-system")
        .contains("kubectl apply -n serving-system -f config/samples/quickstart.yaml");
    kubectl("wait", "--for=condition=Established", "crd", "--all", "--timeout=60s");
    assertThat(box.kubectl("get", "epool", "-A").err()).contains("doesn't have a resource type");

    upgrade(Map.of("image.repository", OPERATOR_IMAGE));
    assertThat(kubectl("get", "epool,epd", "-A")).isEmpty();
    assertThat(readyOperators()).hasSize(2);
    eventually(() -> assertThat(holder()).isNotEmpty());
    assertThat(kinds()).doesNotContain("PodMonitor");
  }

  @Test
  @Order(2)
  void helmTestSeesTheOperatorAnswer() {
    Release tested =
        Helm.test(RELEASE)
            .withNamespace(NAMESPACE)
            .withKubeConfig(kubeconfig())
            .withTimeout(HELM_SECONDS)
            .call();
    assertThat(tested.getStatus()).isEqualTo("deployed");
    eventually(() -> assertThat(objects()).noneMatch(o -> o.contains("-test")));
  }

  @Test
  @Order(3)
  void clustersOfAllNamespacesAreLookedAfter() throws Exception {
    quickstart("team-a");
    assertLookedAfter("team-a", "quickstart");
    assertThat(operatorLog()).doesNotContainPattern(REFUSAL);

    Set<String> names = MetricNames.onPage(page(leader()));
    assertThat(names).containsAll(MetricNames.ofOperator());
  }

  @Test
  @Order(4)
  void withRolesAloneItLooksAfterTheNamedNamespace() throws Exception {
    Path api = Files.writeString(Files.createTempFile("api", ".yaml"), MonitoringApi.YAML);
    kubectl("apply", "-f", api.toString());
    kubectl("wait", "--for=condition=Established", "crd", "--all", "--timeout=60s");
    upgrade(
        Map.of(
            "image.repository",
            OPERATOR_IMAGE,
            "watchNamespaces[0]",
            "team-b",
            "replicaCount",
            1,
            "networkPolicy.egress.apiServerPorts[0]",
            7443));
    assertThat(kinds()).contains("PodMonitor", "PrometheusRule");
    assertThat(kubectl("get", "clusterroles,clusterrolebindings", "-o", "name"))
        .doesNotContain(NAME);
    // The former leader's lease has to run out first.
    eventually(
        () -> {
          assertThat(readyOperators()).hasSize(1);
          assertThat(holder()).isEqualTo(readyOperators().getFirst().getMetadata().getName());
        });

    apply("team-a", cluster("unwatched"));
    apply("team-b", cluster("watched"));
    assertLookedAfter("team-b", "watched");
    eventually(
        () ->
            assertThat(
                    kubectl(
                        "get",
                        "netpol",
                        "watched-gateway",
                        "-n",
                        "team-b",
                        "-o",
                        "jsonpath={.spec.egress[*].ports[*].port}"))
                .as("where its gateway may go")
                .contains("7443")
                .doesNotContain("16443"));

    assertThat(kubectl("get", "epd", "unwatched", "-n", "team-a", "-o", "jsonpath={.status}"))
        .isEmpty();
    assertThat(kubectl("get", "epool", "-n", "team-a", "-o", "name")).doesNotContain("unwatched");
    String log = operatorLog();
    assertThat(log).doesNotContainPattern(REFUSAL);
    ObjectMapper json = new ObjectMapper();
    for (String line : log.lines().filter(l -> !l.isBlank()).toList()) {
      assertThat(json.readTree(line).has("message")).as(line).isTrue();
    }
  }

  @Test
  @Order(5)
  void theEndLeavesTheDefinitionsAndNothingElse() {
    kubectl("delete", "epd,epdautoscalingpolicies,pvc", "--all", "-n", "team-a");
    kubectl("delete", "epd", "--all", "-n", "team-b");
    eventually(() -> assertThat(objects()).noneMatch(o -> o.startsWith("EPDPool/")));
    var _ = Helm.uninstall(RELEASE).withNamespace(NAMESPACE).withKubeConfig(kubeconfig()).call();
    kubectl("delete", "crd", "podmonitors.monitoring.coreos.com");
    kubectl("delete", "crd", "prometheusrules.monitoring.coreos.com");

    Set<String> expected = new TreeSet<>(before);
    for (String plural : List.of("epdclusters", "epdpools", "epdautoscalingpolicies")) {
      expected.add("CustomResourceDefinition//" + plural + ".epd.dev");
    }
    eventually(() -> assertThat(objects()).isEqualTo(expected));

    Release again =
        new Helm(CHART)
            .install()
            .withName(RELEASE)
            .withNamespace(NAMESPACE)
            .withKubeConfig(kubeconfig())
            .set("replicaCount", 0)
            .call();
    assertThat(again.getStatus())
        .as("the definitions that stayed are taken on")
        .isEqualTo("deployed");
  }

  /** As docs/install.md has it. */
  @Test
  @Order(6)
  void anOlderChartLeavesTheDefinitionsWhenItIsTold() throws IOException {
    Release old =
        new Helm(olderChart())
            .upgrade()
            .withName(RELEASE)
            .withNamespace(NAMESPACE)
            .withKubeConfig(kubeconfig())
            .set("replicaCount", 0)
            .set("crds.install", false)
            .call();
    assertThat(old.getStatus()).isEqualTo("deployed");
    assertThat(kubectl("get", "crd", "epdpools.epd.dev", "-o", "jsonpath={.spec.names.shortNames}"))
        .contains("epool");

    upgrade(Map.of("replicaCount", 0));
    assertThat(kubectl("get", "epool,epd", "-A")).isEmpty();
  }

  private static void upgrade(Map<String, Object> values) {
    var upgrade =
        new Helm(CHART)
            .upgrade()
            .withName(RELEASE)
            .withNamespace(NAMESPACE)
            .withKubeConfig(kubeconfig())
            .resetValues()
            .waitReady()
            .withTimeout(HELM_SECONDS);
    values.forEach(upgrade::set);
    assertThat(upgrade.call().getStatus()).isEqualTo("deployed");
  }

  /** The chart as it might have been: pools had no short name yet. */
  private static Path olderChart() throws IOException {
    Path copy = Path.of("target/older-chart");
    try (Stream<Path> files = Files.walk(CHART)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        Path to = copy.resolve(CHART.relativize(file));
        Files.createDirectories(to.getParent());
        Files.writeString(to, text(file));
      }
    }
    Path pools = copy.resolve("files/crds/epdpools.yaml");
    String without = text(pools).replaceFirst("(?m)^    shortNames:\\n(?:    - .*\\n)+", "");
    assertThat(without).isNotEqualTo(text(pools));
    Files.writeString(pools, without);
    return copy;
  }

  private static void quickstart(String namespace) {
    kubectl(
        "apply", "-n", namespace, "-f", HOME.resolve("config/samples/quickstart.yaml").toString());
  }

  private static String cluster(String name) {
    return """
    apiVersion: epd.dev/v1alpha1
    kind: EPDCluster
    metadata: {name: %s}
    spec:
      model: {name: shapes, source: {pvc: {claimName: models, path: shapes}}}
      runtime: {image: epd.dev/runtime:dev}
      prefill: {replicas: 1}
    """
        .formatted(name);
  }

  private static void assertLookedAfter(String namespace, String cluster) {
    eventually(
        () -> {
          assertThat(kubectl("get", "epool", "-n", namespace, "-o", "name"))
              .contains(cluster + "-gateway", cluster + "-prefill");
          assertThat(kubectl("get", "deployments", "-n", namespace, "-o", "name"))
              .contains(cluster + "-gateway", cluster + "-prefill");
          assertThat(
                  kubectl(
                      "get",
                      "epd",
                      cluster,
                      "-n",
                      namespace,
                      "-o",
                      "jsonpath={.metadata.generation}/{.status.observedGeneration}"))
              .matches("(\\d+)/\\1");
        });
  }

  private static List<Pod> readyOperators() {
    return box
        .client()
        .pods()
        .inNamespace(NAMESPACE)
        .withLabel("app.kubernetes.io/component", "operator")
        .list()
        .getItems()
        .stream()
        .filter(pod -> pod.getMetadata().getDeletionTimestamp() == null)
        .filter(Readiness::isPodReady)
        .toList();
  }

  private static Pod leader() {
    return readyOperators().stream()
        .filter(pod -> pod.getMetadata().getName().equals(holder()))
        .findFirst()
        .orElseThrow();
  }

  private static String holder() {
    return kubectl("get", "lease", NAME, "-n", NAMESPACE, "-o", "jsonpath={.spec.holderIdentity}");
  }

  private static String operatorLog() {
    return readyOperators().stream()
        .map(pod -> kubectl("logs", pod.getMetadata().getName(), "-n", NAMESPACE, "--tail=-1"))
        .collect(Collectors.joining("\n"));
  }

  private static String page(Pod pod) throws IOException, InterruptedException {
    URI uri = URI.create("http://" + pod.getStatus().getPodIP() + ":8080/q/metrics");
    try (HttpClient http = HttpClient.newHttpClient()) {
      HttpRequest request = HttpRequest.newBuilder(uri).header("Accept", "text/plain").build();
      return http.send(request, HttpResponse.BodyHandlers.ofString()).body();
    }
  }

  /** The kinds of all objects of the release's namespace. */
  private static Set<String> kinds() {
    return objects().stream()
        .filter(o -> o.contains("/" + NAMESPACE + "/"))
        .map(o -> o.substring(0, o.indexOf('/')))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  /** Everything there is as kind/namespace/name, but what Kubernetes itself makes and forgets. */
  private static Set<String> objects() {
    String types =
        kubectl("api-resources", "--verbs=list", "-o", "name")
            .lines()
            .filter(type -> !type.startsWith("events") && !type.startsWith("apiservices"))
            .collect(Collectors.joining(","));
    return kubectl(
            "get",
            types,
            "-A",
            "-o",
            "jsonpath={range .items[*]}{.kind}/{.metadata.namespace}/{.metadata.name}{\"\\n\"}{end}")
        .lines()
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private static void apply(String namespace, String yaml) throws IOException {
    Path file = Files.writeString(Files.createTempFile("manifest", ".yaml"), yaml);
    kubectl("apply", "-n", namespace, "-f", file.toString());
    Files.delete(file);
  }

  private static String kubectl(String... args) {
    return box.kubectl(args).orThrow();
  }

  private static Path kubeconfig() {
    return box.controlPlane().adminKubeconfig();
  }

  private static void eventually(ThrowingRunnable assertion) {
    await().atMost(PATIENCE).pollInterval(Duration.ofMillis(300)).untilAsserted(assertion);
  }

  private static ImageTable images() {
    Path jar = HOME.resolve("operator/target/quarkus-app/quarkus-run.jar");
    assertThat(jar).as("the built operator; run make build").exists();
    String java =
        Path.of(requireNonNull(System.getProperty("java.home")), "bin", "java").toString();
    return ImageTable.empty()
        .withEnv("QUARKUS_HTTP_HOST", "$(POD_IP)")
        .withImage(
            OPERATOR_IMAGE,
            List.of(java, "-XX:+UseSerialGC", "-Xmx128m", "-jar", jar.toString()),
            Map.of())
        .withImage(
            "registry.k8s.io/kubectl",
            List.of("sh", "-c", KUBECTL, "kubectl"),
            Map.of("KUBE", KubeBinary.find().toString()));
  }
}
