package dev.epd.systemtest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.epd.onebox.ControlPlane;
import io.fabric8.kubernetes.api.model.rbac.PolicyRule;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;

/**
 * What operator and gateway are allowed is what they do, by the API server's audit log over all
 * stories of this module: this class runs last.
 */
@Order(Integer.MAX_VALUE)
class RightsTest {
  /** Rights that leave no request behind, and why they are granted all the same. */
  private static final Map<String, String> NOT_SEEN =
      Map.of(
          "epd.dev/epdclusters/finalizers update",
          "asked by admission where owner references that block deletion are checked",
          "epd.dev/epdpools/finalizers update",
          "the same",
          "apps/controllerrevisions get",
          "asked when a template's name is taken, which a lagging watch or a stranger brings about");

  private static final String OPERATOR = "epd-system:epd-operator";
  private static final int SPECS_KEPT = 10;

  private final World world = World.get();

  @Test
  void theOperatorMayDoWhatItDoesAndNothingElse() throws Exception {
    restOfTheStories();
    Set<String> granted =
        rights(
            world.client().rbac().clusterRoles().withName("epd-operator").get().getRules(),
            world
                .client()
                .rbac()
                .roles()
                .inNamespace("epd-system")
                .withName("epd-operator-leader")
                .get()
                .getRules());
    Set<String> used = world.audit.used(OPERATOR);
    // What every account may do, such as asking what it may do, is not ours to grant.
    used.removeIf(right -> right.startsWith("authorization.k8s.io/"));
    granted.removeAll(NOT_SEEN.keySet());
    used.removeAll(NOT_SEEN.keySet());

    assertThat(world.audit.forbidden(OPERATOR)).isEmpty();
    assertThat(used).containsExactlyInAnyOrderElementsOf(granted);
  }

  /** Without this, that nothing was forbidden would prove nothing. */
  @Test
  void whatIsForbiddenIsSeen() throws Exception {
    ControlPlane kube = world.box.controlPlane();
    try (KubernetesClient stranger = kube.clientFor(kube.kubeconfigFor("default", "default"))) {
      assertThatThrownBy(() -> stranger.secrets().inNamespace("default").list())
          .isInstanceOf(KubernetesClientException.class);
    }
    assertThat(world.audit.forbidden("default:default"))
        .singleElement()
        .asString()
        .startsWith("/secrets list: ");
  }

  @Test
  void theGatewayMayWatchPodsAndNothingElse() throws Exception {
    world.quickstart();
    Set<String> granted =
        rights(
            world
                .client()
                .rbac()
                .roles()
                .inNamespace("default")
                .withName("quickstart-gateway")
                .get()
                .getRules());

    assertThat(world.audit.used("[^:]+:[^:]+-gateway"))
        .containsExactlyInAnyOrderElementsOf(granted);
    // That of a cluster which stays: a deleted one's gateway may outlive its rights.
    assertThat(world.audit.forbidden("default:quickstart-gateway")).isEmpty();
  }

  @Test
  void noOtherPodOfOursAsksTheApiServer() throws Exception {
    world.quickstart();
    String others = "[^:]+:[^:]+-(encoder|prefill|decode)";
    assertThat(world.audit.used(others)).isEmpty();
    assertThat(world.audit.forbidden(others)).isEmpty();
  }

  /** What no other story of this module does, with a cluster that has no pods. */
  private void restOfTheStories() {
    String ns = world.namespace("rights");
    world.apply(ns, "quickstart.yaml", "spec:\n  model:", "spec:\n  suspend: true\n  model:");
    World.eventually(() -> assertThat(pools(ns)).contains("decode", "encoder", "prefill"));
    change(ns, "{\"encoder\": {\"disruption\": {\"budget\": \"None\"}}}");
    change(ns, "{\"network\": {\"policy\": \"None\"}}");
    change(ns, "{\"decode\": null}");
    World.eventually(() -> assertThat(pools(ns)).doesNotContain("decode"));
    for (int i = 0; i < SPECS_KEPT + 2; i++) {
      change(ns, "{\"prefill\": {\"replicas\": %d}}".formatted(i));
    }
    world.kubectl("delete", "namespace", ns, "--wait=false");
    String operator = world.operatorPod().getMetadata().getName();
    world.kubectl("delete", "pod", "-n", "epd-system", operator);
    World.eventually(() -> assertThat(world.readyPods("epd-system")).hasSize(1));
  }

  private void change(String ns, String spec) {
    world.kubectl(
        "patch", "epd", "quickstart", "-n", ns, "--type=merge", "-p", "{\"spec\":" + spec + "}");
    String seen = "jsonpath={.metadata.generation}/{.status.observedGeneration}";
    World.eventually(
        () ->
            assertThat(world.kubectl("get", "epd", "quickstart", "-n", ns, "-o", seen))
                .matches("(\\d+)/\\1"));
  }

  private String pools(String ns) {
    return world.kubectl("get", "epool", "-n", ns, "-o", "name");
  }

  @SafeVarargs
  private static Set<String> rights(List<PolicyRule>... rules) {
    return java.util.Arrays.stream(rules)
        .flatMap(List::stream)
        .flatMap(
            rule ->
                rule.getApiGroups().stream()
                    .flatMap(
                        group ->
                            rule.getResources().stream()
                                .flatMap(
                                    resource ->
                                        rule.getVerbs().stream()
                                            .map(verb -> group + "/" + resource + " " + verb))))
        .collect(Collectors.toCollection(TreeSet::new));
  }
}
