package dev.epd.operator.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.epd.onebox.ControlPlane;
import dev.epd.onebox.ControlPlaneConfig;
import dev.epd.operator.FakeNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import org.awaitility.core.ThrowingRunnable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the packaged operator says: of which object, and no secret, however much it says. */
class LogsIT {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String NS = "logs";
  private static final String API_KEY = "sk-0c9f4c1ab7e24a";
  private static final String HUB_TOKEN = "hf_5d81be09a7c34f";

  private static final String OBJECTS =
      """
      apiVersion: v1
      kind: Namespace
      metadata: {name: logs}
      ---
      apiVersion: v1
      kind: Secret
      metadata: {name: clients, namespace: logs}
      stringData: {keys: "tom:%s"}
      ---
      apiVersion: v1
      kind: Secret
      metadata: {name: hub, namespace: logs}
      stringData: {token: %s}
      ---
      apiVersion: epd.dev/v1alpha1
      kind: EPDCluster
      metadata: {name: one, namespace: logs}
      spec:
        model:
          name: m
          source: {huggingFace: {repo: some/model, revision: main, tokenSecretRef: {name: hub}}}
        runtime: {image: r:1}
        gateway: {apiKeysSecretRef: {name: clients}}
        encoder: {replicas: 1}
        prefill: {replicas: 1}
        decode: {replicas: 1}
      """
          .formatted(API_KEY, HUB_TOKEN);

  @TempDir Path folder;

  @Test
  void linesNameTheirObjectAndNothingShowsASecret() throws Exception {
    try (ControlPlane kube = ControlPlane.start(ControlPlaneConfig.defaults().withoutScheduler());
        FakeNode _ = new FakeNode(kube.client(), "127.83.0.5")) {
      String rights = Files.readString(root("config/operator").resolve("operator.yaml"));
      String kept = "verbs: [get, list, watch, create, delete]";
      assertThat(rights).containsOnlyOnce(kept);
      apply(kube, rights.replace(kept, "verbs: [get, list, watch, delete]"));
      kube.kubectl("apply", "-f", root("crds").toString()).orThrow();
      kube.kubectl("wait", "--for=condition=Established", "crd", "--all", "--timeout=60s")
          .orThrow();
      Path account = kube.kubeconfigFor("epd-system", "epd-operator");
      try (OperatorProcess operator =
          OperatorProcess.of(folder, account, kube.port(), NS, "epd-operator-0")) {
        operator.set("QUARKUS_LOG_CONSOLE_JSON_ENABLED", "true");
        operator.talkative();
        operator.start();
        apply(kube, OBJECTS);

        eventually(
            () -> assertSaid(operator, "dev.epd.operator.cluster.SpecHistory", "EPDCluster"));
        apply(kube, rights);
        eventually(() -> assertThat(status(kube)).matches("True/one-.+"));
        assertSaid(operator, "io.javaoperatorsdk.operator.processing", "EPDPool");
        assertNothingShowsASecret(kube, operator);
      }
    }
  }

  /** A line of the logger says that it is about an object of the kind. */
  private static void assertSaid(OperatorProcess operator, String logger, String kind) {
    assertThat(lines(operator))
        .filteredOn(line -> line.path("loggerName").asText().startsWith(logger))
        .extracting(line -> line.path("mdc"))
        .anySatisfy(
            object -> {
              assertThat(object.path("resource.kind").asText()).isEqualTo(kind);
              assertThat(object.path("resource.namespace").asText()).isEqualTo(NS);
              assertThat(object.path("resource.name").asText()).startsWith("one");
            });
  }

  private static List<JsonNode> lines(OperatorProcess operator) {
    String log = operator.log();
    return log.substring(0, log.lastIndexOf('\n') + 1).lines().map(LogsIT::json).toList();
  }

  private static JsonNode json(String line) {
    try {
      return JSON.readTree(line);
    } catch (IOException e) {
      throw new UncheckedIOException(line, e);
    }
  }

  private static void assertNothingShowsASecret(ControlPlane kube, OperatorProcess operator) {
    String objects =
        kube.kubectl(
                "get",
                "epd,epool,deploy,rs,controllerrevisions,pods,svc,events",
                "-n",
                NS,
                "-o",
                "json",
                "--show-managed-fields")
            .orThrow();
    // They are spoken of, and so they might have been shown.
    assertThat(objects).contains("\"clients\"", "\"hub\"", "\"one-signing-key\"", "\"Event\"");
    List<String> secrets =
        kube.client().secrets().inNamespace(NS).list().getItems().stream()
            .flatMap(secret -> secret.getData().values().stream())
            .flatMap(value -> spellings(value).stream())
            .toList();
    assertThat(secrets).contains(HUB_TOKEN, "tom:" + API_KEY).hasSize(9);
    assertThat(objects).doesNotContain(secrets).doesNotContain(API_KEY);
    assertThat(operator.log()).doesNotContain(secrets).doesNotContain(API_KEY);
  }

  private static List<String> spellings(String base64) {
    byte[] secret = Base64.getDecoder().decode(base64);
    return List.of(
        base64.replace("=", ""),
        HexFormat.of().formatHex(secret),
        new String(secret, StandardCharsets.UTF_8));
  }

  private static String status(ControlPlane kube) {
    return kube.kubectl(
            "get",
            "epd",
            "one",
            "-n",
            NS,
            "-o",
            "jsonpath={.status.conditions[?(@.type==\"Ready\")].status}/{.status.revision}")
        .orThrow();
  }

  private void apply(ControlPlane kube, String yaml) throws IOException {
    Path file = Files.writeString(folder.resolve("applied.yaml"), yaml);
    kube.kubectl("apply", "-f", file.toString()).orThrow();
  }

  private static Path root(String path) {
    return Path.of("..").resolve(path).toAbsolutePath().normalize();
  }

  private static void eventually(ThrowingRunnable assertion) {
    await()
        .atMost(Duration.ofMinutes(2))
        .pollInterval(Duration.ofSeconds(1))
        .untilAsserted(assertion);
  }
}
