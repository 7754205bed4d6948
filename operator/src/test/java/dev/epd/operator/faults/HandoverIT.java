package dev.epd.operator.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.epd.onebox.ControlPlane;
import dev.epd.onebox.ControlPlaneConfig;
import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two operators, one lease: the one that ends in order does not let the other wait. */
class HandoverIT {
  @TempDir Path folder;

  @Test
  void whoEndsInOrderGivesTheLeaseBack() throws Exception {
    try (ControlPlane kube =
            ControlPlane.start(ControlPlaneConfig.defaults().withoutControllerManager());
        ApiProxy proxy = new ApiProxy(kube, () -> {})) {
      for (String file : new String[] {"crds", "config/operator"}) {
        kube.kubectl("apply", "-f", Path.of("..", file).toAbsolutePath().normalize().toString())
            .orThrow();
      }
      try (OperatorProcess first = operator(kube, proxy, "first");
          OperatorProcess second = operator(kube, proxy, "second")) {
        first.start();
        await().atMost(Duration.ofMinutes(2)).until(() -> "first".equals(holder(kube)));
        second.start();
        await()
            .atMost(Duration.ofMinutes(2))
            .until(() -> second.log().contains("Operator SDK") || second.log().contains("started"));

        first.terminate();

        assertThat(holder(kube)).as(first.log()).isNotEqualTo("first");
        await().atMost(Duration.ofMinutes(2)).until(() -> "second".equals(holder(kube)));
      }
    }
  }

  private OperatorProcess operator(ControlPlane kube, ApiProxy proxy, String name)
      throws IOException {
    return OperatorProcess.of(
        Files.createDirectory(folder.resolve(name)),
        kube.kubeconfigFor("epd-system", "epd-operator"),
        proxy.port(),
        "default",
        name);
  }

  private static String holder(ControlPlane kube) {
    Lease lease = kube.client().leases().inNamespace("epd-system").withName("default").get();
    return lease == null ? "" : lease.getSpec().getHolderIdentity();
  }
}
