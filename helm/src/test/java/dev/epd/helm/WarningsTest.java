package dev.epd.helm;

import static dev.epd.helm.Repository.HOME;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.epd.onebox.ControlPlane;
import dev.epd.onebox.ControlPlaneConfig;
import dev.epd.onebox.KubectlResult;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the chart has the API server say of EPDClusters that it takes. */
class WarningsTest {
  private static final String SOUND =
      """
      apiVersion: epd.dev/v1alpha1
      kind: EPDCluster
      metadata: {name: one}
      spec:
        model: {name: m, size: 3Gi, source: {pvc: {claimName: models}}}
        runtime: {image: "registry:5000/runtime:1.2"}
        encoder: {replicas: 1}
        prefill: {replicas: 1}
        # decode
      """;

  private static ControlPlane kube;

  @BeforeAll
  static void start() throws IOException {
    kube = ControlPlane.start(ControlPlaneConfig.defaults().withoutScheduler());
    kube.kubectl("apply", "-f", HOME.resolve("crds").toString()).orThrow();
    kube.kubectl("wait", "--for=condition=Established", "crd", "--all", "--timeout=60s").orThrow();
    // A dry run makes no namespace for what comes after it.
    kube.kubectl("create", "namespace", "team-vision", "--save-config").orThrow();
    String warnings =
        Combination.DEFAULTS.objects().stream()
            .filter(o -> o.getKind().startsWith("ValidatingAdmissionPolicy"))
            .map(Serialization::asYaml)
            .collect(Collectors.joining("---\n"));
    assertThat(apply(warnings).orThrow()).contains("created");
    // The API server takes a policy up within seconds, and its types with the definitions.
    await()
        .atMost(Duration.ofMinutes(1))
        .untilAsserted(
            () ->
                assertThat(dryRun(SOUND.replace("runtime:1.2", "runtime")).err())
                    .contains("Warning"));
  }

  @AfterAll
  static void stop() {
    kube.close();
  }

  @Test
  void aSoundClusterIsTakenWithoutAWord() throws IOException {
    assertThat(dryRun(SOUND).err()).isEmpty();
    String digest = "runtime@sha256:" + "0".repeat(64);
    assertThat(dryRun(SOUND.replace("runtime:1.2", digest)).err()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          runtime:1.2 | runtime:latest | tags that move: registry:5000/runtime:latest:
          runtime:1.2 | runtime        | tags that move: registry:5000/runtime:
          encoder: { | encoder: {runtime: {image: "mine:latest"}, | tags that move: mine:latest:
          pvc: {claimName: models} | image: {reference: registry/weights} | tags that move: registry/weights:
          decode | decode: {runtime: {image: "mine"}, replicas: 1} | tags that move: mine:
          size: 3Gi, |  | memory of encoder, prefill is set
          size: 3Gi, source: {pvc: {claimName: models}} | size: 3Gi, source: {huggingFace: {repo: a/b, revision: main}} | revision is no commit
          runtime: {image | runtime: {env: [{name: HF_TOKEN, value: x}], image | looks like a secret
          prefill: { | prefill: {runtime: {env: [{name: db_password, value: x}]}, | looks like a secret
          decode | decode: {runtime: {env: [{name: AWS_SECRET_ACCESS_KEY, value: x}]}, replicas: 1} | looks like a secret
          """)
  void whatIsSeldomWantedIsTakenAndSaid(String what, String instead, String said)
      throws IOException {
    String yaml = SOUND.replace("# decode", "decode".equals(what) ? instead : "");
    yaml = "decode".equals(what) ? yaml : yaml.replace(what, instead == null ? "" : instead);
    assertThat(yaml).isNotEqualTo(SOUND);
    KubectlResult taken = dryRun(yaml);
    assertThat(taken.exitCode()).as(taken.err()).isZero();
    assertThat(taken.err().lines().filter(l -> l.startsWith("Warning:")))
        .singleElement()
        .asString()
        .contains(said);
  }

  /** A secret that is taken from a Secret, and memory that is asked for. */
  @Test
  void whatIsDoneRightIsNotWarnedOf() throws IOException {
    String fromSecret =
        SOUND.replace(
            "runtime: {image",
            "runtime: {env: [{name: HF_TOKEN, valueFrom: {secretKeyRef: {name: s, key: k}}},"
                + " {name: API_KEY, value: $(HF_TOKEN)}, {name: PAD_TOKEN, value: x}], image");
    assertThat(dryRun(fromSecret).err()).isEmpty();
    for (String where : List.of("requests", "limits")) {
      String memory = "{resources: {%s: {memory: 2Gi}}, replicas: 1}".formatted(where);
      assertThat(dryRun(SOUND.replace("size: 3Gi, ", "").replace("{replicas: 1}", memory)).err())
          .isEmpty();
    }
  }

  @Test
  void anUpdateIsJudgedToo() throws IOException {
    String updated = SOUND.replace("name: one", "name: updated");
    apply(updated).orThrow();
    assertThat(dryRun(updated.replace("runtime:1.2", "runtime")).err()).contains("tags that move");
  }

  @Test
  void ofTheSamplesOneIsWarnedOfAndSaysSoItself() throws IOException {
    try (Stream<Path> files = Files.list(HOME.resolve("config/samples"))) {
      for (Path sample : files.sorted().toList()) {
        KubectlResult taken = dryRun(Repository.text(sample));
        assertThat(taken.exitCode()).as(taken.err()).isZero();
        List<String> warnings = taken.err().lines().filter(l -> l.startsWith("Warning:")).toList();
        if (sample.endsWith("model-from-hub.yaml")) {
          assertThat(warnings).singleElement().asString().contains("revision is no commit");
        } else {
          assertThat(warnings).as(sample.toString()).isEmpty();
        }
      }
    }
  }

  @Test
  void theReadmesClusterIsTakenWithoutAWord() throws IOException {
    String readme = Repository.text(HOME.resolve("README.md"));
    String yaml = readme.substring(readme.indexOf("```yaml") + "```yaml".length());
    KubectlResult taken = dryRun(yaml.substring(0, yaml.indexOf("```")));
    assertThat(taken.exitCode()).as(taken.err()).isZero();
    assertThat(taken.err()).isEmpty();
  }

  private static KubectlResult dryRun(String yaml) throws IOException {
    return apply(yaml, "--dry-run=server");
  }

  private static KubectlResult apply(String yaml, String... more) throws IOException {
    Path file = Files.createTempFile(kube.stateDir(), "manifest", ".yaml");
    Files.writeString(file, yaml);
    return kube.kubectl(
        Stream.concat(Stream.of("apply", "-f", file.toString()), Stream.of(more))
            .toArray(String[]::new));
  }
}
