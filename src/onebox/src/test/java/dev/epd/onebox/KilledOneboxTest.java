package dev.epd.onebox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A onebox in its own JVM, as people start it, that is killed without a chance to clean up. */
class KilledOneboxTest {
  @TempDir Path folder;

  @Test
  void theNextStartEndsWhatAKilledOneLeft() throws Exception {
    Path state = folder.resolve("state");
    Path images = folder.resolve("images.yaml");
    Files.writeString(images, "images:\n  test/shell:\n    command: [sleep, '600']\n");
    Path log = folder.resolve("up.log");
    Process up =
        new ProcessBuilder(
                List.of(
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "-cp",
                    System.getProperty("java.class.path"),
                    Main.class.getName(),
                    "up",
                    "--state-dir",
                    state.toString(),
                    "--images",
                    images.toString()))
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    try {
      await()
          .atMost(Duration.ofMinutes(3))
          .until(() -> Files.readString(log).contains("onebox: ready") || !up.isAlive());
      assertThat(Files.readString(log)).contains("onebox: ready");
      Path kubeconfig = state.resolve("admin.kubeconfig");
      Path pod = folder.resolve("pod.yaml");
      Files.writeString(
          pod,
          """
          apiVersion: v1
          kind: Pod
          metadata: {name: orphan, namespace: default}
          spec: {containers: [{name: c, image: test/shell}]}
          """);
      Path kube = KubeBinary.find();
      Kubectl.run(kube, kubeconfig, "apply", "-f", pod.toString()).orThrow();
      Kubectl.run(kube, kubeconfig, "wait", "pod/orphan", "--for=condition=Ready", "--timeout=120s")
          .orThrow();

      assertThat(
              Main.run(
                  new String[] {"up", "--state-dir", state.toString()}, System.out, System.err))
          .as("the folder is in use")
          .isEqualTo(1);

      up.destroyForcibly().waitFor(30, TimeUnit.SECONDS);
      List<ProcessHandle> orphans = ProcessTree.marked(StateDir.MARK, state.toString());
      assertThat(orphans).as("control plane and pod").hasSize(5);

      try (ControlPlane next =
          ControlPlane.start(
              ControlPlaneConfig.defaults()
                  .withStateDir(state)
                  .withoutControllerManager()
                  .withoutScheduler())) {
        assertThat(orphans).noneMatch(ProcessHandle::isAlive);
        assertThat(next.client().pods().inAnyNamespace().list().getItems()).isEmpty();
      }
      assertThat(state).doesNotExist();
      assertThat(ProcessTree.marked(StateDir.MARK, state.toString())).isEmpty();
    } finally {
      up.destroyForcibly();
      Onebox.destroy(state);
    }
  }
}
