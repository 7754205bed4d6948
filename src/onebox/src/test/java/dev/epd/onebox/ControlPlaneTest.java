package dev.epd.onebox;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.client.KubernetesClient;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ControlPlaneTest {
  @TempDir Path folder;

  @Test
  void startsServesAndLeavesNothing() {
    Path state = folder.resolve("state");
    try (ControlPlane kube =
        ControlPlane.start(ControlPlaneConfig.defaults().withStateDir(state).withoutScheduler())) {
      assertThat(kube.kubectl("get", "ns", "default", "-o", "name").orThrow().strip())
          .isEqualTo("namespace/default");
      assertThat(kube.kubectl("version").orThrow()).contains("Server Version: v1.");
      KubectlResult failed = kube.kubectl("get", "nothing");
      assertThat(failed.exitCode()).isEqualTo(1);
      assertThat(failed.err())
          .isEqualTo("error: the server doesn't have a resource type \"nothing\"\n");
      KubectlResult unknownFlag = kube.kubectl("get", "--nonsense");
      assertThat(unknownFlag.exitCode()).isEqualTo(1);
      assertThat(unknownFlag.err().lines().filter(l -> l.contains("nonsense"))).hasSize(1);

      try (KubernetesClient account = kube.clientFor(kube.kubeconfigFor("default", "default"))) {
        var who =
            kube.kubectl(
                "--kubeconfig=" + kube.kubeconfigFor("default", "default"), "auth", "whoami");
        assertThat(who.orThrow()).contains("system:serviceaccount:default:default");
        assertThat(account.raw("/version")).contains("v1.");
      }
      var user =
          kube.kubectl("--kubeconfig=" + kube.kubeconfigForUser("ada", "poets"), "auth", "whoami");
      assertThat(user.orThrow()).contains("ada").contains("poets");
      assertThat(ProcessTree.marked(StateDir.MARK, state.toString())).hasSize(3);
    }
    assertThat(state).doesNotExist();
    assertThat(ProcessTree.marked(StateDir.MARK, state.toString())).isEmpty();
    assertThat(Files.exists(folder)).isTrue();
  }

  @Test
  void refusesAFolderWithFilesOfOthers() throws Exception {
    Files.writeString(folder.resolve("precious.txt"), "mine");
    ControlPlaneConfig config =
        ControlPlaneConfig.defaults().withStateDir(folder).withKubeBinary(Path.of("/bin/false"));
    assertThat(org.assertj.core.api.Assertions.catchThrowable(() -> ControlPlane.start(config)))
        .isInstanceOf(OneboxException.class)
        .hasMessageContaining("not onebox's");
    assertThat(folder.resolve("precious.txt")).hasContent("mine");
  }
}
