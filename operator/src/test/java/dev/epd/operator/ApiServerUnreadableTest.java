package dev.epd.operator;

import static dev.epd.operator.OperatorWorld.apply;
import static dev.epd.operator.OperatorWorld.assertReady;
import static dev.epd.operator.OperatorWorld.cluster;
import static dev.epd.operator.OperatorWorld.eventually;
import static dev.epd.operator.OperatorWorld.kube;
import static dev.epd.operator.OperatorWorld.namespace;
import static dev.epd.operator.OperatorWorld.pods;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Objects that the API server lets in and this version of the operator cannot read. */
@ExtendWith(OperatorWorld.class)
class ApiServerUnreadableTest {
  private static final String STRATEGIES =
      "/spec/versions/0/schema/openAPIV3Schema/properties/spec/properties/rollout/properties"
          + "/strategy/enum";

  /** As after an upgrade that was taken back, whose definitions stayed. */
  @Test
  void aSpecOfANewerVersionHoldsItsOwnClusterAlone() {
    String ns = namespace("newer");
    String other = namespace("beside-newer");
    apply(ns, cluster("replicas: 1", "replicas: 1"));
    apply(other, cluster("replicas: 1", "replicas: 1"));
    eventually(() -> assertReady(ns));
    eventually(() -> assertReady(other));
    String before = podNames(ns);

    kubectl(
        "patch crd epdclusters.epd.dev --type=json -p",
        "[{\"op\":\"add\",\"path\":\"%s/-\",\"value\":\"BlueGreen\"}]".formatted(STRATEGIES));
    try {
      eventually(() -> strategy(ns, "BlueGreen"));
      eventually(
          () ->
              assertThat(ready(ns))
                  .startsWith("False SpecInvalid spec.rollout.strategy cannot be read")
                  .contains("BlueGreen"));
      assertThat(podNames(ns)).isEqualTo(before);

      apply(other, cluster("replicas: 2", "replicas: 1"));
      eventually(() -> assertThat(pods(other, "encoder")).isEqualTo(2));
      eventually(() -> assertReady(other));

      strategy(ns, "Coordinated");
      eventually(() -> assertReady(ns));
      assertThat(podNames(ns)).isEqualTo(before);
    } finally {
      kubectl(
          "patch crd epdclusters.epd.dev --type=json -p",
          "[{\"op\":\"remove\",\"path\":\"%s/3\"}]".formatted(STRATEGIES));
    }
  }

  @Test
  void aStatusThatSomebodySpoiltIsWrittenAnew() {
    String ns = namespace("spoilt");
    apply(ns, cluster("replicas: 1", "replicas: 1"));
    eventually(() -> assertReady(ns));
    kubectl(
        "patch epdpool one-encoder -n " + ns + " --subresource=status --type=merge -p",
        "{\"status\":{\"readyReplicas\":5000000000}}");

    apply(ns, cluster("replicas: 2", "replicas: 1"));
    eventually(() -> assertReady(ns));
    assertThat(
            kubectl("get epdpool one-encoder -n " + ns + " -o", "jsonpath={.status.readyReplicas}"))
        .isEqualTo("2");
  }

  private static void strategy(String ns, String strategy) {
    kubectl(
        "patch epdcluster one -n " + ns + " --type=merge -p",
        "{\"spec\":{\"rollout\":{\"strategy\":\"%s\"}}}".formatted(strategy));
  }

  private static String ready(String ns) {
    return kubectl(
        "get epdcluster one -n " + ns + " -o",
        "jsonpath={range .status.conditions[?(@.type==\"Ready\")]}{.status} {.reason} {.message}{end}");
  }

  private static String podNames(String ns) {
    return kubectl("get pods -n " + ns + " -o", "jsonpath={.items[*].metadata.name}");
  }

  private static String kubectl(String words, String last) {
    String[] all = (words + " ?").split(" ");
    all[all.length - 1] = last;
    return kube.kubectl(all).orThrow();
  }
}
