package dev.epd.systemtest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.epd.onebox.Onebox;
import dev.epd.onebox.OneboxConfig;
import dev.epd.onebox.demo.LocalImages;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaimBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.readiness.Readiness;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.awaitility.core.ThrowingRunnable;
import org.jspecify.annotations.Nullable;

/**
 * One Kubernetes on this machine with the operator in it, started once and shared by all tests of
 * the JVM; its end removes everything.
 */
final class World {
  static final Duration PATIENCE = Duration.ofMinutes(4);
  static final String MODEL = "epd-shapes";
  private static final String OPERATOR_NAMESPACE = "epd-system";

  private static @Nullable World shared;

  final Path home;
  final Onebox box;
  final AuditLog audit;

  private World(Path home) throws IOException {
    this.home = home;
    this.audit = new AuditLog();
    this.box =
        Onebox.start(
            OneboxConfig.defaults(LocalImages.images(home))
                .withControlPlane(plane -> plane.withApiServerArgs(audit.flags())));
    box.kubectl("apply", "-f", home.resolve("crds").toString()).orThrow();
    box.kubectl("apply", "-f", home.resolve("config/operator").toString()).orThrow();
    eventually(() -> assertThat(readyPods(OPERATOR_NAMESPACE)).hasSize(1));
  }

  static synchronized World get() {
    if (shared == null) {
      try {
        shared = new World(repository());
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    return shared;
  }

  static void eventually(ThrowingRunnable assertion) {
    await().atMost(PATIENCE).pollInterval(Duration.ofMillis(300)).untilAsserted(assertion);
  }

  KubernetesClient client() {
    return box.client();
  }

  String kubectl(String... args) {
    return box.kubectl(args).orThrow();
  }

  /** A namespace at Pod Security `restricted`, with the models folder to be claimed. */
  String namespace(String name) {
    client()
        .resource(
            new NamespaceBuilder()
                .withNewMetadata()
                .withName(name)
                .addToLabels("pod-security.kubernetes.io/enforce", "restricted")
                .endMetadata()
                .build())
        .create();
    box.persistentVolume("models-" + name, home.resolve("models"));
    return name;
  }

  /** Makes the folder a model of its own whose files are those of the built one. */
  Path linkModel(Path folder) throws IOException {
    Files.createDirectory(folder);
    try (Stream<Path> files = Files.list(home.resolve("models/shapes"))) {
      for (Path file : files.toList()) {
        Files.createSymbolicLink(folder.resolve(file.getFileName()), file);
      }
    }
    return folder;
  }

  /** The claim that samples expect; the quickstart brings its own. */
  void claimModels(String namespace) {
    client()
        .resource(
            new PersistentVolumeClaimBuilder()
                .withNewMetadata()
                .withName("models")
                .withNamespace(namespace)
                .endMetadata()
                .withNewSpec()
                .withStorageClassName("")
                .withAccessModes("ReadOnlyMany")
                .withNewResources()
                .addToRequests("storage", new Quantity("1Gi"))
                .endResources()
                .endSpec()
                .build())
        .create();
  }

  /** Applies a sample, its text changed first when wanted. */
  void apply(String namespace, String sample, String... replacements) {
    try {
      String yaml = Files.readString(home.resolve("config/samples").resolve(sample));
      for (int i = 0; i < replacements.length; i += 2) {
        assertThat(yaml).contains(replacements[i]);
        yaml = yaml.replace(replacements[i], replacements[i + 1]);
      }
      Path file = Files.writeString(Files.createTempFile("sample", ".yaml"), yaml);
      kubectl("apply", "-n", namespace, "-f", file.toString());
      Files.delete(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The quickstart sample in namespace default, applied once for all tests; ready on return. */
  synchronized Chat quickstart() {
    if (client().persistentVolumes().withName("models").get() == null) {
      box.persistentVolume("models", home.resolve("models"));
      apply("default", "quickstart.yaml");
    }
    awaitReady("default", "quickstart");
    return chat("default", "quickstart");
  }

  void awaitReady(String namespace, String cluster) {
    eventually(
        () ->
            assertThat(
                    kubectl(
                        "get",
                        "epd",
                        cluster,
                        "-n",
                        namespace,
                        "-o",
                        "jsonpath={.status.conditions[?(@.type==\"Ready\")].status}"
                            + "/{.metadata.generation}/{.status.observedGeneration}"))
                .matches("True/(\\d+)/\\1"));
  }

  /** Status, reason and message. */
  String condition(String namespace, String cluster, String type) {
    String path = "{.status.conditions[?(@.type==\"" + type + "\")]";
    return kubectl(
        "get",
        "epd",
        cluster,
        "-n",
        namespace,
        "-o",
        "jsonpath=" + path + ".status} " + path + ".reason} " + path + ".message}");
  }

  Chat chat(String namespace, String cluster) {
    eventually(() -> assertThat(readyPods(namespace, cluster, "gateway")).isNotEmpty());
    return new Chat(readyPods(namespace, cluster, "gateway").getFirst().getStatus().getPodIP());
  }

  List<Pod> pods(String namespace, String cluster, String role) {
    return client()
        .pods()
        .inNamespace(namespace)
        .withLabel("epd.dev/cluster", cluster)
        .withLabel("epd.dev/role", role)
        .list()
        .getItems();
  }

  List<Pod> readyPods(String namespace, String cluster, String role) {
    return ready(pods(namespace, cluster, role));
  }

  List<Pod> readyPods(String namespace) {
    return ready(client().pods().inNamespace(namespace).list().getItems());
  }

  /** The process of a pod's only container. */
  ProcessHandle process(Pod pod) {
    String id = pod.getStatus().getContainerStatuses().getFirst().getContainerID();
    String mark = "ONEBOX_CONTAINER=" + id.substring("onebox://".length());
    return ProcessHandle.allProcesses()
        .filter(process -> environment(process).contains(mark))
        .findFirst()
        .orElseThrow(() -> new AssertionError("no process of " + pod.getMetadata().getName()));
  }

  Pod operatorPod() {
    return client().pods().inNamespace(OPERATOR_NAMESPACE).list().getItems().getFirst();
  }

  String operatorLog() {
    return kubectl(
        "logs", "-n", OPERATOR_NAMESPACE, operatorPod().getMetadata().getName(), "--tail=-1");
  }

  /**
   * The samples of a pod's metrics page, a line each.
   *
   * @param page such as :8080/q/metrics
   */
  static List<String> metrics(Pod pod, String page) throws IOException, InterruptedException {
    URI uri = URI.create("http://" + pod.getStatus().getPodIP() + page);
    try (HttpClient http = HttpClient.newHttpClient()) {
      HttpRequest request = HttpRequest.newBuilder(uri).header("Accept", "text/plain").build();
      return http.send(request, BodyHandlers.ofString())
          .body()
          .lines()
          .filter(line -> !line.isBlank() && !line.startsWith("#"))
          .toList();
    }
  }

  private static List<Pod> ready(List<Pod> pods) {
    return pods.stream()
        .filter(Readiness::isPodReady)
        .filter(pod -> pod.getMetadata().getDeletionTimestamp() == null)
        .toList();
  }

  private static List<String> environment(ProcessHandle process) {
    try {
      byte[] bytes = Files.readAllBytes(Path.of("/proc/" + process.pid() + "/environ"));
      return List.of(new String(bytes, StandardCharsets.UTF_8).split("\0", -1));
    } catch (IOException e) {
      return List.of(); // it has ended, or is another user's
    }
  }

  private static Path repository() {
    for (Path folder = Path.of("").toAbsolutePath(); folder != null; folder = folder.getParent()) {
      if (Files.isDirectory(folder.resolve("config/samples"))) {
        return folder;
      }
    }
    throw new IllegalStateException("not inside the repository");
  }
}
