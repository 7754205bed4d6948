package dev.epd.helm;

import static dev.epd.helm.Repository.CHART;
import static dev.epd.helm.Repository.HOME;
import static dev.epd.helm.Repository.text;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.marcnuri.helm.Helm;
import com.marcnuri.helm.LintResult;
import com.marcnuri.helm.TemplateCommand;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyEgressRule;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicySpec;
import io.fabric8.kubernetes.api.model.rbac.PolicyRule;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.fabric8.openshift.api.model.monitoring.v1.PodMonitor;
import io.fabric8.openshift.api.model.monitoring.v1.PrometheusRule;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What Helm makes of the chart, without a cluster. */
class RenderTest {

  @Test
  void lintHasNothingToSay() {
    LintResult result = new Helm(CHART).lint().strict().call();
    assertThat(result.isFailed()).as(String.join("\n", result.getMessages())).isFalse();
    assertThat(result.getMessages())
        .noneMatch(m -> m.contains("[WARNING]") || m.contains("[ERROR]"));
  }

  /** The package that is tested is the one that is published. */
  @Test
  void thePackageRendersAsTheFolderDoes() throws IOException {
    Path target = Files.createDirectories(Path.of("target/chart"));
    new Helm(CHART).packageIt().withDestination(target).call();
    Path tgz = target.resolve("epd-operator-0.1.0.tgz");
    assertThat(tgz).isNotEmptyFile();
    assertThat(rendered(Helm.template(tgz.toAbsolutePath().toString())))
        .isEqualTo(rendered(new Helm(CHART).template()));
  }

  private static String rendered(TemplateCommand template) {
    return template.withName("x").withNamespace("y").withKubeVersion(Combination.KUBERNETES).call();
  }

  @ParameterizedTest
  @EnumSource
  void everyObjectSaysWhoseItIs(Combination combination) {
    for (GenericKubernetesResource object : combination.objects()) {
      String name = object.getKind() + " " + object.getMetadata().getName();
      assertThat(object.getMetadata().getLabels())
          .as(name)
          .containsKeys(
              "helm.sh/chart",
              "app.kubernetes.io/name",
              "app.kubernetes.io/component",
              "app.kubernetes.io/version",
              "app.kubernetes.io/part-of")
          .containsEntry("app.kubernetes.io/instance", Combination.RELEASE)
          .containsEntry("app.kubernetes.io/managed-by", "Helm");
      assertThat(object.getMetadata().getName().length()).as(name).isLessThanOrEqualTo(63);
      boolean global =
          object.getKind().startsWith("ValidatingAdmissionPolicy")
              || Set.of("CustomResourceDefinition", "ClusterRole", "ClusterRoleBinding")
                  .contains(object.getKind());
      assertThat(object.getMetadata().getNamespace() == null).as(name).isEqualTo(global);
    }
  }

  @ParameterizedTest
  @EnumSource
  void rightsAreThoseOfConfigOperatorAndNoMore(Combination combination) {
    List<PolicyRule> granted =
        rules(text(HOME.resolve("config/operator/operator.yaml")), "ClusterRole");
    assertThat(granted).isNotEmpty();
    List<GenericKubernetesResource> objects = combination.objects();
    List<GenericKubernetesResource> operators =
        objects.stream()
            .filter(o -> Set.of("ClusterRole", "Role").contains(o.getKind()))
            .filter(o -> o.getMetadata().getName().equals(operator(objects)))
            .toList();
    for (GenericKubernetesResource role : operators) {
      assertThat(rules(Serialization.asYaml(role), role.getKind())).isEqualTo(granted);
    }
    List<String> namespaces =
        switch (combination) {
          case TWO_NAMESPACES, SCRAPED_OTHERWISE -> List.of("team-a", "team-b");
          case EXTRAS -> List.of("team-a");
          default -> List.of();
        };
    if (combination == Combination.ALL_OFF) {
      assertThat(operators).isEmpty();
    } else if (namespaces.isEmpty()) {
      assertThat(operators).extracting(o -> o.getKind()).containsExactly("ClusterRole");
    } else {
      assertThat(operators)
          .extracting(o -> o.getMetadata().getNamespace())
          .containsExactlyElementsOf(namespaces);
      assertThat(objects).noneMatch(o -> o.getKind().equals("ClusterRoleBinding"));
    }
    assertThat(objects.stream().filter(o -> o.getKind().equals("ClusterRole")))
        .as("aggregated roles")
        .hasSize(
            switch (combination) {
              case TWO_NAMESPACES, SCRAPED_OTHERWISE, ALL_OFF -> 0;
              case EXTRAS -> 3;
              default -> 4;
            });
    for (GenericKubernetesResource role : objects) {
      for (PolicyRule rule : rules(Serialization.asYaml(role), "ClusterRole", "Role")) {
        assertThat(List.of(rule.getApiGroups(), rule.getResources(), rule.getVerbs()))
            .noneMatch(words -> words.contains("*"));
        if (rule.getResources().contains("secrets")) {
          assertThat(rule.getVerbs()).doesNotContain("list", "watch", "update", "patch", "delete");
        }
      }
    }
  }

  /** One operator, two ways to install it: they may differ in what values choose and no more. */
  @Test
  void thePodIsThatOfConfigOperator() {
    PodSpec plain = pod(Combination.objects(text(HOME.resolve("config/operator/operator.yaml"))));
    PodSpec ours = pod(Combination.DEFAULTS.objects());
    Container theirs = plain.getContainers().getFirst();
    Container container = ours.getContainers().getFirst();
    assertThat(container.getEnv()).containsAll(theirs.getEnv());
    assertThat(container.getPorts()).isEqualTo(theirs.getPorts());
    assertThat(container.getStartupProbe()).isEqualTo(theirs.getStartupProbe());
    assertThat(container.getReadinessProbe()).isEqualTo(theirs.getReadinessProbe());
    assertThat(container.getLivenessProbe()).isEqualTo(theirs.getLivenessProbe());
    assertThat(container.getResources()).isEqualTo(theirs.getResources());
    assertThat(container.getSecurityContext()).isEqualTo(theirs.getSecurityContext());
    assertThat(container.getVolumeMounts()).isEqualTo(theirs.getVolumeMounts());
    assertThat(ours.getVolumes()).isEqualTo(plain.getVolumes());
    assertThat(ours.getTerminationGracePeriodSeconds())
        .isEqualTo(plain.getTerminationGracePeriodSeconds());
  }

  @Test
  void theSelectorOutlivesVersionsAndTheTestPodIsNoOperator() {
    List<GenericKubernetesResource> objects = Combination.EXTRAS.objects();
    Deployment deployment = typed(only(objects, "Deployment"), Deployment.class);
    Map<String, String> selector = deployment.getSpec().getSelector().getMatchLabels();
    assertThat(selector)
        .containsOnlyKeys(
            "app.kubernetes.io/name", "app.kubernetes.io/instance", "app.kubernetes.io/component");
    assertThat(deployment.getSpec().getTemplate().getMetadata().getLabels())
        .containsAllEntriesOf(selector);
    assertThat(only(objects, "Pod").getMetadata().getLabels().entrySet())
        .isNotEmpty()
        .doesNotContainSequence(selector.entrySet())
        .doesNotContain(Map.entry("app.kubernetes.io/component", "operator"));
  }

  @Test
  void theDefinitionsStayUnlessToldOtherwise() {
    assertThat(definitions(Combination.DEFAULTS))
        .hasSize(3)
        .allSatisfy(
            d ->
                assertThat(d.getMetadata().getAnnotations())
                    .containsEntry("helm.sh/resource-policy", "keep"));
    assertThat(definitions(Combination.EXTRAS))
        .hasSize(3)
        .allSatisfy(d -> assertThat(d.getMetadata().getAnnotations()).isNullOrEmpty());
    assertThat(definitions(Combination.ALL_OFF)).isEmpty();
    for (GenericKubernetesResource definition : definitions(Combination.DEFAULTS)) {
      String plural = definition.getMetadata().getName().replace(".epd.dev", "");
      GenericKubernetesResource source =
          Serialization.unmarshal(
              text(HOME.resolve("crds").resolve(plural + ".yaml")),
              GenericKubernetesResource.class);
      assertThat(definition.getAdditionalProperties()).isEqualTo(source.getAdditionalProperties());
    }
  }

  @Test
  void monitorsAndRulesHaveNoUnknownField() {
    List<GenericKubernetesResource> objects = Combination.ALL_ON.objects();
    List<PodMonitor> monitors =
        objects.stream()
            .filter(o -> o.getKind().equals("PodMonitor"))
            .map(o -> typed(o, PodMonitor.class))
            .toList();
    assertThat(monitors).hasSize(2);
    for (PodMonitor monitor : monitors) {
      assertThat(monitor.getSpec().getAdditionalProperties()).isEmpty();
      assertThat(monitor.getSpec().getSelector().getAdditionalProperties()).isEmpty();
      assertThat(monitor.getSpec().getPodMetricsEndpoints())
          .hasSize(1)
          .allSatisfy(e -> assertThat(e.getAdditionalProperties()).isEmpty());
    }
    PrometheusRule rule = typed(only(objects, "PrometheusRule"), PrometheusRule.class);
    assertThat(rule.getSpec().getAdditionalProperties()).isEmpty();
    assertThat(rule.getSpec().getGroups()).isNotEmpty();
    rule.getSpec()
        .getGroups()
        .forEach(
            group -> {
              assertThat(group.getAdditionalProperties()).isEmpty();
              assertThat(group.getRules())
                  .isNotEmpty()
                  .allSatisfy(
                      r -> {
                        assertThat(r.getAdditionalProperties()).isEmpty();
                        assertThat(r.getAnnotations()).containsOnlyKeys("summary", "description");
                        assertThat(r.getLabels()).containsKey("severity");
                      });
            });
    assertThat(Serialization.asYaml(rule)).doesNotContain("OPERATOR_JOB", "WATCHED_NAMESPACES");
  }

  /** Two releases in one Prometheus do not answer for each other. */
  @Test
  void alertsAreThoseOfTheReleaseAndItsNamespaces() throws IOException {
    Map<String, String> own = alerts(Combination.ALL_ON.objects());
    assertThat(own.get("EPDOperatorDown")).contains("job=\"all-on/epd-operator\"");
    assertThat(own.get("EPDScalingBlind")).contains("job=\"all-on/epd-operator\"");
    assertThat(own.get("EPDImagesWait")).contains("namespace=~\".*\"");

    Map<String, String> unknown = alerts(Combination.SCRAPED_OTHERWISE.objects());
    assertThat(unknown).as("nobody says that it is scraped").doesNotContainKey("EPDOperatorDown");
    assertThat(unknown.get("EPDScalingBlind")).contains("job=~\".*\"");
    assertThat(unknown.get("EPDImagesWait")).contains("namespace=~\"team-a|team-b\"");

    String named =
        "metrics: {job: mine, podMonitor: {enabled: false}, prometheusRule: {enabled: true}}";
    assertThat(alerts(rendered(named)).get("EPDOperatorDown")).contains("job=\"mine\"");
    assertThat(alerts(rendered("replicaCount: 0\n" + named)))
        .containsKey("EPDScalingBlind")
        .doesNotContainKey("EPDOperatorDown");
  }

  @Test
  void dashboardsOfTwoReleasesLieBesideEachOther() throws IOException {
    Map<String, JsonNode> dashboards = new HashMap<>();
    for (Combination combination : List.of(Combination.ALL_ON, Combination.SCRAPED_OTHERWISE)) {
      ConfigMap map = typed(only(combination.objects(), "ConfigMap"), ConfigMap.class);
      for (var file : map.getData().entrySet()) {
        assertThat(file.getValue())
            .doesNotContain("OPERATOR_JOB", "WATCHED_NAMESPACES", "DASHBOARD_");
        dashboards.put(file.getKey(), new ObjectMapper().readTree(file.getValue()));
      }
    }
    assertThat(dashboards)
        .containsOnlyKeys("all-on-epd-operator.json", "scraped-otherwise-epd-operator.json");
    assertThat(dashboards.values()).extracting(d -> d.get("uid").asText()).doesNotHaveDuplicates();
    assertThat(requireNonNull(dashboards.get("all-on-epd-operator.json")).toString())
        .contains("job=\\\"all-on/epd-operator\\\"", "namespace=~\\\".*\\\"");
    assertThat(requireNonNull(dashboards.get("scraped-otherwise-epd-operator.json")).toString())
        .contains("job=~\\\".*\\\"", "namespace=~\\\"team-a|team-b\\\"");
  }

  @Test
  void moreMayBeReachedThanTheChartKnowsOf() {
    assertThat(networkPolicy(Combination.DEFAULTS).getPolicyTypes()).containsExactly("Ingress");
    List<NetworkPolicyEgressRule> more = networkPolicy(Combination.ALL_ON).getEgress();
    assertThat(more).as("API server and DNS, metrics of pods, and this one").hasSize(3);
    assertThat(more.getLast().getPorts())
        .singleElement()
        .satisfies(port -> assertThat(port.getPort().getIntVal()).isEqualTo(9091));
    assertThat(more.getLast().getTo())
        .singleElement()
        .satisfies(
            to ->
                assertThat(to.getNamespaceSelector().getMatchLabels())
                    .containsEntry("kubernetes.io/metadata.name", "monitoring"));
  }

  /** The operator's policy and, by its environment, the gateways' speak of the same ports. */
  @Test
  void gatewaysReachTheApiServerWhereTheOperatorDoes() {
    for (Combination combination : List.of(Combination.DEFAULTS, Combination.ALL_ON)) {
      assertThat(pod(combination.objects()).getContainers().getFirst().getEnv())
          .filteredOn(env -> env.getName().equals("EPD_API_SERVER_PORTS"))
          .singleElement()
          .extracting(EnvVar::getValue)
          .isEqualTo(combination == Combination.ALL_ON ? "6443" : "443,6443,8443,16443");
    }
    assertThat(networkPolicy(Combination.ALL_ON).getEgress().getFirst().getPorts())
        .extracting(port -> port.getProtocol() + port.getPort().getIntVal())
        .containsExactly("UDP53", "TCP53", "UDP5353", "TCP5353", "TCP6443");
  }

  /** Each alert's expression by its name. */
  private static Map<String, String> alerts(List<GenericKubernetesResource> objects) {
    return typed(only(objects, "PrometheusRule"), PrometheusRule.class)
        .getSpec()
        .getGroups()
        .stream()
        .flatMap(group -> group.getRules().stream())
        .collect(Collectors.toMap(r -> r.getAlert(), r -> r.getExpr().getStrVal()));
  }

  private static List<GenericKubernetesResource> rendered(String values) throws IOException {
    Path file = Files.writeString(Files.createTempFile("values", ".yaml"), values);
    try {
      return Combination.objects(rendered(new Helm(CHART).template().withValuesFile(file)));
    } finally {
      Files.delete(file);
    }
  }

  private static List<GenericKubernetesResource> definitions(Combination combination) {
    return combination.objects().stream()
        .filter(o -> o.getKind().equals("CustomResourceDefinition"))
        .toList();
  }

  private static String operator(List<GenericKubernetesResource> objects) {
    return only(objects, "Deployment").getMetadata().getName();
  }

  private static PodSpec pod(List<GenericKubernetesResource> objects) {
    return typed(only(objects, "Deployment"), Deployment.class).getSpec().getTemplate().getSpec();
  }

  private static GenericKubernetesResource only(
      List<GenericKubernetesResource> objects, String kind) {
    List<GenericKubernetesResource> found =
        objects.stream().filter(o -> o.getKind().equals(kind)).toList();
    assertThat(found).as(kind).hasSize(1);
    return found.getFirst();
  }

  private static NetworkPolicySpec networkPolicy(Combination combination) {
    return typed(only(combination.objects(), "NetworkPolicy"), NetworkPolicy.class).getSpec();
  }

  private static <T> T typed(GenericKubernetesResource object, Class<T> type) {
    return requireNonNull(Serialization.unmarshal(Serialization.asYaml(object), type));
  }

  private static PolicyRule rule(Object fields) {
    return requireNonNull(Serialization.unmarshal(Serialization.asYaml(fields), PolicyRule.class));
  }

  /** The rules of all objects of the kinds. */
  private static List<PolicyRule> rules(String yaml, String... kinds) {
    return Combination.objects(yaml).stream()
        .filter(o -> Set.of(kinds).contains(o.getKind()))
        .flatMap(
            o ->
                o.get("rules") instanceof List<?> rules
                    ? rules.stream().map(r -> rule(r))
                    : Stream.<PolicyRule>empty())
        .toList();
  }
}
