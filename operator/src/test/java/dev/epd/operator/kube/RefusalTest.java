package dev.epd.operator.kube;

import static org.assertj.core.api.Assertions.assertThat;

import dev.epd.api.v1alpha1.Reason;
import dev.epd.planner.Problem;
import io.fabric8.kubernetes.api.model.StatusBuilder;
import io.fabric8.kubernetes.api.model.apps.DeploymentBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class RefusalTest {
  @Test
  void whatNoRepetitionHelpsIsAProblem() {
    assertThat(of(422, "spec.template.spec.nodeSelector: Invalid value"))
        .hasValueSatisfying(
            problem -> {
              assertThat(problem.reason()).isEqualTo(Reason.ObjectRefused);
              assertThat(problem.message()).startsWith("Deployment one: spec.template");
            });
    assertThat(of(403, "exceeded quota: room"))
        .hasValueSatisfying(p -> assertThat(p.reason()).isEqualTo(Reason.QuotaExceeded));
    // Said of an object that is wrong inside, with the code of a server that has failed.
    assertThat(
            of(
                500,
                "failed to convert new object (n/one; apps/v1, Kind=Deployment) to proper version:"
                    + " unable to convert unstructured object to apps/v1, Kind=Deployment: quantities"
                    + " must match the regular expression"))
        .hasValueSatisfying(p -> assertThat(p.reason()).isEqualTo(Reason.ObjectRefused));
    assertThat(
            of(
                500,
                "failed to create typed patch object (n/one; apps/v1, Kind=Deployment):"
                    + " .spec.template.spec.unknown: field not declared in schema"))
        .hasValueSatisfying(p -> assertThat(p.message()).contains(".spec.template.spec.unknown"));
    assertThat(of(500, "Internal error occurred: failed calling webhook \"a.b\": no endpoints"))
        .hasValueSatisfying(p -> assertThat(p.message()).contains("a.b"));
  }

  @Test
  void theRestIsTriedAgain() {
    assertThat(of(500, "etcdserver: request timed out")).isEmpty();
    assertThat(of(409, "the object has been modified")).isEmpty();
    assertThat(of(429, "too many requests")).isEmpty();
  }

  private static Optional<Problem> of(int code, String message) {
    return Refusal.of(
        new KubernetesClientException(
            message, code, new StatusBuilder().withCode(code).withMessage(message).build()),
        new DeploymentBuilder().withNewMetadata().withName("one").endMetadata().build());
  }
}
