package dev.epd.operator;

import static dev.epd.operator.OperatorWorld.apply;
import static dev.epd.operator.OperatorWorld.assertReady;
import static dev.epd.operator.OperatorWorld.cluster;
import static dev.epd.operator.OperatorWorld.condition;
import static dev.epd.operator.OperatorWorld.eventually;
import static dev.epd.operator.OperatorWorld.metrics;
import static dev.epd.operator.OperatorWorld.namespace;
import static dev.epd.operator.OperatorWorld.node;
import static org.assertj.core.api.Assertions.assertThat;

import dev.epd.api.v1alpha1.Condition;
import dev.epd.api.v1alpha1.Condition.Status;
import dev.epd.api.v1alpha1.Reason;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Pods that are ready and that gateways give no work to: nothing in the API server says so. */
@ExtendWith(OperatorWorld.class)
class ApiServerRefusedPodsTest {
  private static final String ELSEWHERE = "127.83.0.8";

  @AfterEach
  void placeAsEver() {
    node.placeAsEver();
  }

  @Test
  void whatGatewaysRefuseIsInTheStatusUntilTheyTakeIt() throws Exception {
    String ns = namespace("misfits");
    node.place("one", ELSEWHERE);
    try (FakeMetrics page = new FakeMetrics(ELSEWHERE, metrics.port())) {
      page.says(decode(1, 0));
      apply(ns, cluster("replicas: 1", "replicas: 1"));
      eventually(() -> assertReady(ns));

      page.says(decode(0, 1));
      eventually(
          () -> {
            assertSays(ns, "Available", Status.False, Reason.RoleRefused);
            assertSays(ns, "ImageServing", Status.False, Reason.RoleRefused);
            assertSays(ns, "Ready", Status.False, Reason.RoleRefused);
            assertSays(ns, "Degraded", Status.True, Reason.RoleRefused);
          });
      assertThat(condition(ns, "Ready").message())
          .contains("one-gateway-", "decode pods", "model_fingerprint: 1");
      assertThat(condition(ns, "DecodeReady").status()).isEqualTo(Status.True);

      page.says(decode(1, 2));
      eventually(
          () -> {
            assertSays(ns, "Ready", Status.False, Reason.PodsRefused);
            assertSays(ns, "Degraded", Status.True, Reason.PodsRefused);
            assertSays(ns, "Available", Status.True, Reason.Serving);
          });
      assertThat(condition(ns, "Ready").message()).contains("model_fingerprint: 2");

      page.says(decode(2, 0));
      eventually(() -> assertReady(ns));
      assertSays(ns, "Degraded", Status.False, Reason.NothingBroken);
    }
  }

  private static String decode(int usable, int refused) {
    return """
    epd_gateway_usable_pods{role="decode"} %d.0
    epd_gateway_refused_pods{reason="model_fingerprint",role="decode"} %d.0
    """
        .formatted(usable, refused);
  }

  private static void assertSays(String ns, String type, Status status, Reason reason) {
    Condition condition = condition(ns, type);
    assertThat(condition.reason()).as(condition.toString()).isEqualTo(reason.name());
    assertThat(condition.status()).isEqualTo(status);
  }
}
