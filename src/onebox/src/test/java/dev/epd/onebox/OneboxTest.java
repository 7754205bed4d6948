package dev.epd.onebox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.epd.onebox.kubelet.ImageTable;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.Pod;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OneboxTest {
  @TempDir static Path folder;
  private static Onebox box;
  private static Path state;

  @BeforeAll
  static void start() throws IOException {
    state = folder.resolve("state");
    Path models = Files.createDirectories(folder.resolve("models/tiny"));
    Files.writeString(models.resolve("config.json"), "{\"tiny\":true}");
    ImageTable images =
        ImageTable.empty()
            .withEnv("BIND_ADDRESS", "$(POD_IP)")
            .withImage(
                "test/server",
                List.of(
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "-XX:TieredStopAtLevel=1",
                    "-Xmx64m",
                    "-cp",
                    Path.of("target/test-classes").toAbsolutePath().toString(),
                    Pods.class.getName()),
                Map.of("FROM_IMAGE", "yes", "OVERRIDDEN", "image"))
            .withImage("test/shell", List.of(), Map.of());
    box = Onebox.start(OneboxConfig.defaults(images).withStateDir(state).withGpus(2));
    box.persistentVolume("models", folder.resolve("models"));
  }

  @AfterAll
  static void stopLeavesNothing() {
    box.close();
    assertThat(state).doesNotExist();
    assertThat(ProcessTree.marked(StateDir.MARK, state.toString())).isEmpty();
  }

  @Test
  void aDeploymentSeesItsEnvironmentVolumesAndToken() throws Exception {
    apply(
        """
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: settings, namespace: default}
        data: {color: blue, shape.txt: round}
        ---
        apiVersion: v1
        kind: Secret
        metadata: {name: keys, namespace: default}
        stringData: {api: s3cret}
        ---
        apiVersion: v1
        kind: PersistentVolumeClaim
        metadata: {name: models, namespace: default}
        spec:
          accessModes: [ReadOnlyMany]
          storageClassName: ""
          resources: {requests: {storage: 1Gi}}
        ---
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: web, namespace: default}
        spec:
          replicas: 2
          selector: {matchLabels: {app: web}}
          template:
            metadata: {labels: {app: web}}
            spec:
              terminationGracePeriodSeconds: 5
              initContainers:
              - name: prepare
                image: test/shell
                command: [sh, -c, "echo prepared > /scratch/init.txt"]
                volumeMounts: [{name: scratch, mountPath: /scratch}]
              containers:
              - name: main
                image: test/server:1.0
                args: ["--model=/models/tiny", "--on=$(POD)", "--cost=$$5"]
                ports: [{name: http, containerPort: 8080}]
                env:
                - {name: POD, valueFrom: {fieldRef: {fieldPath: metadata.name}}}
                - {name: IP, valueFrom: {fieldRef: {fieldPath: status.podIP}}}
                - {name: LABEL, valueFrom: {fieldRef: {fieldPath: "metadata.labels['app']"}}}
                - {name: KEY, valueFrom: {secretKeyRef: {name: keys, key: api}}}
                - {name: COLOR, valueFrom: {configMapKeyRef: {name: settings, key: color}}}
                - {name: NONE, valueFrom: {configMapKeyRef: {name: absent, key: x, optional: true}}}
                - {name: MEMORY, valueFrom: {resourceFieldRef: {resource: limits.memory, divisor: 1Mi}}}
                - {name: URL, value: "http://$(IP):8080"}
                - {name: SETTINGS, value: /etc/settings}
                - {name: OVERRIDDEN, value: pod}
                - {name: READY_FILE, value: /scratch/init.txt}
                envFrom: [{prefix: CM_, configMapRef: {name: settings}}]
                resources: {limits: {nvidia.com/gpu: 1, memory: 128Mi}}
                startupProbe: {tcpSocket: {port: http}, periodSeconds: 1, failureThreshold: 60}
                readinessProbe: {httpGet: {path: /ready, port: http}, periodSeconds: 1}
                livenessProbe: {httpGet: {path: /env, port: 8080}, periodSeconds: 2, timeoutSeconds: 5}
                volumeMounts:
                - {name: models, mountPath: /models, readOnly: true}
                - {name: settings, mountPath: /etc/settings}
                - {name: scratch, mountPath: /scratch}
              volumes:
              - {name: models, persistentVolumeClaim: {claimName: models, readOnly: true}}
              - name: settings
                projected:
                  sources:
                  - configMap: {name: settings, items: [{key: shape.txt, path: deep/shape.txt}]}
                  - secret: {name: keys}
                  - downwardAPI: {items: [{path: labels, fieldRef: {fieldPath: metadata.labels}}]}
              - {name: scratch, emptyDir: {}}
        """);
    until(() -> pods("app=web").stream().filter(OneboxTest::ready).count() == 2);
    List<Pod> pods = pods("app=web");
    Set<String> addresses =
        pods.stream().map(pod -> pod.getStatus().getPodIP()).collect(Collectors.toSet());
    assertThat(addresses).hasSize(2).allMatch(address -> address.startsWith("127.0."));

    for (Pod pod : pods) {
      Map<String, String> env = environment(pod);
      String name = pod.getMetadata().getName();
      String ip = pod.getStatus().getPodIP();
      assertThat(env)
          .containsEntry("POD", name)
          .containsEntry("IP", ip)
          .containsEntry("URL", "http://" + ip + ":8080")
          .containsEntry("LABEL", "web")
          .containsEntry("KEY", "s3cret")
          .containsEntry("COLOR", "blue")
          .containsEntry("CM_color", "blue")
          .containsEntry("MEMORY", "128")
          .containsEntry("FROM_IMAGE", "yes")
          .containsEntry("OVERRIDDEN", "pod")
          .containsEntry("HOSTNAME", name)
          .doesNotContainKey("NONE");
      assertThat(get(pod, "/args").lines())
          .containsExactly(
              "--model=" + folder.resolve("models") + "/tiny", "--on=" + name, "--cost=$5");
      assertThat(get(pod, "/file?" + folder.resolve("models/tiny/config.json")))
          .isEqualTo("{\"tiny\":true}");
      assertThat(get(pod, "/file?" + env.get("SETTINGS") + "/deep/shape.txt")).isEqualTo("round");
      assertThat(get(pod, "/file?" + env.get("SETTINGS") + "/api")).isEqualTo("s3cret");
      assertThat(get(pod, "/file?" + env.get("SETTINGS") + "/labels")).contains("app=\"web\"");
      assertThat(get(pod, "/file?" + env.get("READY_FILE"))).isEqualTo("prepared\n");
      assertThat(get(pod, "/file?" + env.get("KUBENAMESPACE"))).isEqualTo("default");
      assertThat(get(pod, "/file?" + env.get("KUBERNETES_CERTS_CA_FILE")))
          .isEqualTo(Files.readString(box.controlPlane().caCertificate()));
      String token = get(pod, "/file?" + env.get("KUBERNETES_AUTH_SERVICEACCOUNT_TOKEN"));
      assertThat(
              box.kubectl(
                      "--kubeconfig=/dev/null",
                      "--server=" + box.controlPlane().url(),
                      "--certificate-authority=" + box.controlPlane().caCertificate(),
                      "--token=" + token,
                      "auth",
                      "whoami")
                  .orThrow())
          .contains("system:serviceaccount:default:default")
          .contains(name);
      assertThat(pod.getStatus().getPhase()).isEqualTo("Running");
    }
    assertThat(
            box.kubectl("logs", pods.getFirst().getMetadata().getName(), "-c", "main", "--tail=1")
                .orThrow())
        .isEqualTo("pod program serves\n");
    assertThat(box.kubectl("get", "pods", "-l", "app=web").orThrow()).contains("1/1");

    // both GPUs are taken
    apply(
        """
        apiVersion: v1
        kind: Pod
        metadata: {name: third, namespace: default}
        spec:
          containers:
          - {name: c, image: test/server, resources: {limits: {nvidia.com/gpu: 1}}}
        """);
    until(
        () ->
            pod("third").getStatus().getConditions().stream()
                .anyMatch(
                    condition ->
                        "Unschedulable".equals(condition.getReason())
                            && condition.getMessage().contains("nvidia.com/gpu")));

    // readiness is what the program says now
    Pod first = pods.getFirst();
    Path readyFile = Path.of(environment(first).get("READY_FILE"));
    Files.delete(readyFile);
    until(() -> !ready(pod(first.getMetadata().getName())));
    Files.writeString(readyFile, "again");
    until(() -> ready(pod(first.getMetadata().getName())));

    // a killed process is restarted in its pod
    kill(first);
    until(
        () -> {
          Pod now = pod(first.getMetadata().getName());
          return ready(now) && status(now).getRestartCount() == 1;
        });
    assertThat(status(pod(first.getMetadata().getName())).getLastState().getTerminated())
        .satisfies(ended -> assertThat(ended.getExitCode()).isEqualTo(137));
    assertThat(
            box.kubectl("logs", first.getMetadata().getName(), "-c", "main", "--previous")
                .orThrow())
        .contains("pod program serves");

    box.kubectl("delete", "deployment", "web", "--timeout=60s").orThrow();
    until(() -> pods("app=web").isEmpty() && ready(pod("third")));
    box.kubectl("delete", "pod", "third", "--timeout=60s").orThrow();
  }

  @Test
  void aCrashLoopBacksOffAndAnEndedPodSaysHowItEnded() {
    apply(
        """
        apiVersion: v1
        kind: Pod
        metadata: {name: crash, namespace: default}
        spec:
          containers:
          - name: c
            image: test/shell
            command: [sh, -c, "echo boom; exit 3"]
            terminationMessagePolicy: FallbackToLogsOnError
        ---
        apiVersion: v1
        kind: Pod
        metadata: {name: once, namespace: default}
        spec:
          restartPolicy: Never
          containers:
          - {name: c, image: test/shell, command: [sh, -c, "sleep 300 & echo done"]}
        ---
        apiVersion: v1
        kind: Pod
        metadata: {name: nobody, namespace: default}
        spec:
          containers: [{name: c, image: "nowhere/unknown:1"}]
        ---
        apiVersion: v1
        kind: Pod
        metadata: {name: live, namespace: default}
        spec:
          terminationGracePeriodSeconds: 1
          containers:
          - name: c
            image: test/shell
            command: [sh, -c, "exec sleep 300"]
            livenessProbe: {exec: {command: ["false"]}, periodSeconds: 1, failureThreshold: 1}
        """);
    until(() -> waiting("crash", "CrashLoopBackOff"));
    assertThat(status(pod("crash")).getLastState().getTerminated())
        .satisfies(
            ended -> {
              assertThat(ended.getExitCode()).isEqualTo(3);
              assertThat(ended.getMessage()).isEqualTo("boom");
            });
    until(() -> pod("once").getStatus().getPhase().equals("Succeeded"));
    assertThat(status(pod("once")).getState().getTerminated().getReason()).isEqualTo("Completed");
    assertThat(ProcessTree.marked("ONEBOX_CONTAINER", pod("once").getMetadata().getUid() + "/c/0"))
        .isEmpty();
    until(() -> waiting("nobody", "ErrImagePull") || waiting("nobody", "ImagePullBackOff"));
    assertThat(status(pod("nobody")).getState().getWaiting().getMessage())
        .contains("nowhere/unknown:1")
        .contains("test/server");
    until(() -> restarts("live") > 0);
    box.kubectl("delete", "pod", "crash", "once", "nobody", "live", "--timeout=60s").orThrow();
  }

  @Test
  void deletionIsSigtermThenGraceThenSigkill() throws Exception {
    Path polite = folder.resolve("polite");
    Path stubborn = folder.resolve("stubborn");
    for (var each : Map.of("polite", polite, "stubborn", stubborn).entrySet()) {
      apply(
          """
          apiVersion: v1
          kind: Pod
          metadata: {name: %s, namespace: default}
          spec:
            terminationGracePeriodSeconds: 2
            containers:
            - name: c
              image: test/server
              env:
              - {name: TERM_FILE, value: %s}
              - {name: TERM_SECONDS, value: "%d"}
              readinessProbe: {httpGet: {path: /env, port: 8080}, periodSeconds: 1}
          """
              .formatted(each.getKey(), each.getValue(), each.getKey().equals("polite") ? 0 : 600));
    }
    until(() -> ready(pod("polite")) && ready(pod("stubborn")));
    String id = pod("stubborn").getMetadata().getUid() + "/c/0";
    assertThat(ProcessTree.marked("ONEBOX_CONTAINER", id)).hasSize(1);
    box.kubectl("delete", "pod", "polite", "stubborn", "--timeout=60s").orThrow();
    assertThat(polite).hasContent("term");
    assertThat(stubborn).hasContent("term");
    until(() -> ProcessTree.marked("ONEBOX_CONTAINER", id).isEmpty());
  }

  private static void apply(String yaml) {
    try {
      Path file = Files.createTempFile(folder, "apply", ".yaml");
      Files.writeString(file, yaml);
      box.kubectl("apply", "-f", file.toString()).orThrow();
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private static void until(Callable<Boolean> condition) {
    await().atMost(Duration.ofMinutes(2)).pollInterval(Duration.ofMillis(200)).until(condition);
  }

  private static List<Pod> pods(String label) {
    String[] parts = label.split("=", 2);
    return box.client()
        .pods()
        .inNamespace("default")
        .withLabel(parts[0], parts[1])
        .list()
        .getItems();
  }

  private static Pod pod(String name) {
    return box.client().pods().inNamespace("default").withName(name).get();
  }

  private static boolean ready(Pod pod) {
    return pod.getStatus().getConditions().stream()
        .anyMatch(
            condition ->
                condition.getType().equals("Ready") && condition.getStatus().equals("True"));
  }

  private static ContainerStatus status(Pod pod) {
    return pod.getStatus().getContainerStatuses().isEmpty()
        ? new ContainerStatus()
        : pod.getStatus().getContainerStatuses().getFirst();
  }

  private static int restarts(String name) {
    Integer count = status(pod(name)).getRestartCount();
    return count == null ? 0 : count;
  }

  private static boolean waiting(String name, String reason) {
    var state = status(pod(name)).getState();
    return state != null
        && state.getWaiting() != null
        && reason.equals(state.getWaiting().getReason());
  }

  private static void kill(Pod pod) {
    var processes = ProcessTree.marked("ONEBOX_CONTAINER", pod.getMetadata().getUid() + "/main/0");
    assertThat(processes).hasSize(1);
    processes.getFirst().destroyForcibly();
  }

  private static Map<String, String> environment(Pod pod) throws Exception {
    return get(pod, "/env")
        .lines()
        .filter(line -> line.contains("="))
        .map(line -> line.split("=", 2))
        .collect(Collectors.toMap(pair -> pair[0], pair -> pair[1]));
  }

  private static String get(Pod pod, String path) throws Exception {
    try (HttpClient http = HttpClient.newHttpClient()) {
      HttpResponse<String> answer =
          http.send(
              HttpRequest.newBuilder(
                      URI.create("http://" + pod.getStatus().getPodIP() + ":8080" + path))
                  .build(),
              HttpResponse.BodyHandlers.ofString());
      assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
      return answer.body();
    }
  }
}
