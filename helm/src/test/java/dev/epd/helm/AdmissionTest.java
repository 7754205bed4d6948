package dev.epd.helm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.epd.onebox.ControlPlane;
import dev.epd.onebox.ControlPlaneConfig;
import dev.epd.onebox.KubectlResult;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A real API server takes every object of every combination, with strict field validation, and its
 * PodSecurity admission takes every pod in a namespace at {@code restricted}.
 */
class AdmissionTest {

  private static final String STANDARD = "pod-security.kubernetes.io/enforce=restricted";

  private static ControlPlane kube;

  @BeforeAll
  static void start() throws IOException {
    kube = ControlPlane.start(ControlPlaneConfig.defaults().withoutScheduler());
    Path api = Files.writeString(kube.stateDir().resolve("monitoring.yaml"), MonitoringApi.YAML);
    kubectl("apply", "-f", api.toString(), "-f", Repository.HOME.resolve("crds").toString());
    kubectl("wait", "--for=condition=Established", "crd", "--all", "--timeout=60s");
    namespace("team-a");
    namespace("team-b");
  }

  @AfterAll
  static void stop() {
    kube.close();
  }

  /** Without this the others would prove nothing. */
  @Test
  void theServerRefusesPodsBelowTheStandard() {
    namespace("strict");
    KubectlResult refused =
        kube.kubectl("run", "plain", "--image=example.invalid/x", "-n", "strict");
    assertThat(refused.exitCode()).isNotZero();
    assertThat(refused.err()).contains("violates PodSecurity \"restricted");
  }

  @ParameterizedTest
  @EnumSource
  void everyPodIsAdmitted(Combination combination) throws IOException {
    String namespace = combination.namespace();
    namespace(namespace);
    kubectl("create", "serviceaccount", "provided", "-n", namespace);
    List<GenericKubernetesResource> objects =
        combination.objects().stream()
            // The same in all combinations: the first tells.
            .filter(
                o ->
                    combination == Combination.DEFAULTS
                        || !o.getKind().equals("CustomResourceDefinition"))
            .toList();
    assertThat(objects).filteredOn(o -> o.getKind().equals("Pod")).hasSize(1);
    Path file = Files.createTempFile(kube.stateDir(), namespace, ".yaml");
    Files.writeString(
        file, objects.stream().map(Serialization::asYaml).collect(Collectors.joining("---\n")));
    kubectl(
        "apply", "--server-side", "--force-conflicts", "--validate=strict", "-f", file.toString());

    Deployment deployment =
        kube.client().apps().deployments().inNamespace(namespace).list().getItems().getFirst();
    int wanted = deployment.getSpec().getReplicas();
    assertThat(wanted).isPositive();
    await()
        .atMost(Duration.ofMinutes(2))
        .untilAsserted(
            () ->
                assertThat(pods(namespace, "operator")).as("pods of the operator").hasSize(wanted));
    assertThat(pods(namespace, "test")).hasSize(1);
  }

  /** What the chart adds to view, edit and admin, as the API server judges it. */
  @Test
  void peopleMayWhatTheirRoleSays() throws IOException {
    String roles =
        Combination.DEFAULTS.objects().stream()
            .filter(o -> o.getKind().equals("ClusterRole"))
            .map(Serialization::asYaml)
            .collect(Collectors.joining("---\n"));
    Path file = Files.writeString(kube.stateDir().resolve("roles.yaml"), roles);
    kubectl("apply", "--server-side", "--force-conflicts", "-f", file.toString());
    namespace("people");
    for (String role : List.of("view", "edit", "admin")) {
      kubectl(
          "create", "rolebinding", role, "--clusterrole=" + role, "--user=" + role, "-n", "people");
    }
    await()
        .atMost(Duration.ofMinutes(1))
        .untilAsserted(() -> assertThat(may("admin", "patch", "epdpools", "")).isTrue());
    assertThat(may("view", "get", "epdclusters", "")).isTrue();
    assertThat(may("view", "patch", "epdclusters", "")).isFalse();
    assertThat(may("view", "patch", "epdpools", "scale")).isFalse();
    assertThat(may("edit", "create", "epdclusters", "")).isTrue();
    assertThat(may("edit", "patch", "epdautoscalingpolicies", "")).isTrue();
    assertThat(may("edit", "patch", "epdpools", "scale")).isTrue();
    assertThat(may("edit", "patch", "epdpools", "")).isFalse();
    assertThat(may("edit", "patch", "epdclusters", "status")).isFalse();
    assertThat(may("stranger", "get", "epdclusters", "")).isFalse();
  }

  private static boolean may(String who, String verb, String resource, String subresource) {
    KubectlResult asked =
        kube.kubectl(
            "auth",
            "can-i",
            verb,
            resource + ".epd.dev",
            "--subresource=" + subresource,
            "--as=" + who,
            "-n",
            "people");
    return asked.exitCode() == 0;
  }

  private static List<Pod> pods(String namespace, String component) {
    return kube.client()
        .pods()
        .inNamespace(namespace)
        .withLabel("app.kubernetes.io/component", component)
        .list()
        .getItems();
  }

  private static void namespace(String name) {
    kubectl("create", "namespace", name);
    kubectl("label", "namespace", name, STANDARD);
  }

  private static String kubectl(String... args) {
    return kube.kubectl(args).orThrow();
  }
}
