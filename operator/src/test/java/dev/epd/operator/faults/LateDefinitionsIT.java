package dev.epd.operator.faults;

import static org.assertj.core.api.Assertions.assertThat;

import dev.epd.onebox.ControlPlane;
import dev.epd.onebox.ControlPlaneConfig;
import dev.epd.operator.FakeNode;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/** F24: an operator that is installed before the definitions works once they are there. */
@EnabledIfSystemProperty(named = "catalogue", matches = ".+")
class LateDefinitionsIT {
  private static final Duration WITHOUT = Duration.ofSeconds(5);

  @TempDir Path folder;

  @Test
  void worksOnceTheDefinitionsAreThere() throws Exception {
    try (ControlPlane kube = ControlPlane.start(ControlPlaneConfig.defaults().withoutScheduler());
        FakeNode node = new FakeNode(kube.client(), "127.83.0.4")) {
      apply(kube, "config/operator");
      Account account = new Account(kube, "early-operator");
      try (Lane lane = new Lane(kube, folder, 0, account.kubeconfig())) {
        Thread.sleep(WITHOUT);
        apply(kube, "crds");
        kube.kubectl("wait", "--for=condition=Established", "crd", "--all", "--timeout=60s")
            .orThrow();
        try (Stage stage = Stage.set(lane.admin(), lane.namespace(), Story.CREATE)) {
          stage.tell();
          boolean isReady =
              Lane.await(
                  () -> {
                    if (!lane.operator().isAlive()) {
                      lane.operator().start();
                    }
                    return stage.isSettled();
                  });
          assertThat(isReady).as(lane.operator().log()).isTrue();
          assertThat(lane.admin().pods().inNamespace(lane.namespace()).list().getItems())
              .isNotEmpty();
        }
      }
    }
  }

  private static void apply(ControlPlane kube, String path) {
    kube.kubectl("apply", "-f", Path.of("..", path).toAbsolutePath().normalize().toString())
        .orThrow();
  }
}
