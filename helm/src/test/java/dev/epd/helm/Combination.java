package dev.epd.helm;

import com.marcnuri.helm.Helm;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/** Values that users set together, one for each way the chart may turn. */
enum Combination {
  DEFAULTS(""),
  ONE_REPLICA("replicaCount: 1"),
  TWO_NAMESPACES("watchNamespaces: [team-a, team-b]"),
  PINNED_IMAGE(
      """
      image:
        repository: registry.example/mirror/operator
        digest: sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
        pullPolicy: Always
        pullSecrets: [{name: registry}]
      test: {image: registry.example/mirror/kubectl:v1.34.1}
      """),
  LOUD("logging: {level: DEBUG, json: false}"),
  ALL_ON(
      """
      rbac: {aggregateClusterRoles: true}
      networkPolicy:
        egress:
          enabled: true
          apiServerPorts: [6443]
          extra:
            - to:
                - namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: monitoring}}
                  podSelector: {matchLabels: {app.kubernetes.io/name: prometheus}}
              ports: [{port: 9091, protocol: TCP}]
      metrics:
        podMonitor: {enabled: true, interval: 30s, labels: {release: prometheus}}
        prometheusRule: {enabled: true, labels: {release: prometheus}}
        dashboard: {enabled: true, labels: {grafana_dashboard: "1", team: serving}}
      """),
  ALL_OFF(
      """
      crds: {install: false}
      rbac: {create: false, aggregateClusterRoles: false}
      admissionWarnings: false
      podDisruptionBudget: {enabled: false}
      networkPolicy: {enabled: false}
      metrics: {podMonitor: {enabled: false}, prometheusRule: {enabled: false}, dashboard: {enabled: false}}
      """),
  SCRAPED_OTHERWISE(
      """
      watchNamespaces: [team-a, team-b]
      metrics:
        podMonitor: {enabled: false}
        prometheusRule: {enabled: true}
        dashboard: {enabled: true}
      """),
  FOREIGN_ACCOUNT("serviceAccount: {create: false, name: provided}"),
  OWN_NAMES(
      """
      nameOverride: vision
      fullnameOverride: a-name-as-long-as-any-that-somebody-would-ever-write
      serviceAccount: {name: somebody, annotations: {iam.example/role: operator}}
      """),
  SCHEDULED(
      """
      replicaCount: 3
      priorityClassName: system-cluster-critical
      nodeSelector: {kubernetes.io/os: linux}
      tolerations: [{key: dedicated, operator: Equal, value: control, effect: NoSchedule}]
      affinity:
        podAntiAffinity:
          preferredDuringSchedulingIgnoredDuringExecution:
            - weight: 1
              podAffinityTerm:
                topologyKey: kubernetes.io/hostname
                labelSelector: {matchLabels: {app.kubernetes.io/component: operator}}
      topologySpreadConstraints:
        - maxSkew: 1
          topologyKey: topology.kubernetes.io/zone
          whenUnsatisfiable: ScheduleAnyway
          labelSelector: {matchLabels: {app.kubernetes.io/component: operator}}
      """),
  PLATFORM_CHOOSES_USER("podSecurityContext: {runAsUser: null, runAsGroup: null}"),
  EXTRAS(
      """
      crds: {keep: false}
      podAnnotations: {example.com/note: "yes"}
      podLabels: {team: serving}
      extraEnv:
        - {name: JAVA_TOOL_OPTIONS, value: -Xmx300m}
        - {name: NODE, valueFrom: {fieldRef: {fieldPath: spec.nodeName}}}
      resources: {requests: {cpu: 50m, memory: 200Mi}, limits: {cpu: 1, memory: 400Mi}}
      watchNamespaces: [team-a]
      rbac: {aggregateClusterRoles: true}
      admissionWarnings: true
      """);

  static final String RELEASE = "epd-operator";

  /** Rendering without a cluster assumes an old one unless told. */
  static final String KUBERNETES = "1.31.0";

  final String values;

  Combination(String values) {
    this.values = values;
  }

  /**
   * A copy of the chart whose hooks are plain objects: Helm as a library leaves hooks out of what
   * it prints, and the objects of {@code helm test} are to be looked at like all others.
   */
  private static final Path CHART_WITH_HOOKS = copy();

  /** The namespace that it is rendered for. */
  String namespace() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** What {@code helm template} prints; also left in target/rendered for other checkers. */
  Path render() {
    try {
      String text =
          new Helm(CHART_WITH_HOOKS)
              .template()
              .withName(RELEASE)
              .withNamespace(namespace())
              .withKubeVersion(KUBERNETES)
              .withValuesFile(file())
              .call();
      Path folder = Files.createDirectories(Path.of("target/rendered"));
      return Files.writeString(folder.resolve(namespace() + ".yaml"), text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The same as objects. */
  List<GenericKubernetesResource> objects() {
    return objects(Repository.text(render()));
  }

  static List<GenericKubernetesResource> objects(String yaml) {
    return Arrays.stream(yaml.split("(?m)^---.*$"))
        .filter(document -> document.lines().anyMatch(l -> !l.isBlank() && !l.startsWith("#")))
        .map(d -> Serialization.unmarshal(d, GenericKubernetesResource.class))
        .toList();
  }

  private Path file() throws IOException {
    Path folder = Files.createDirectories(Path.of("target/values"));
    return Files.writeString(folder.resolve(namespace() + ".yaml"), values);
  }

  private static Path copy() {
    Path copy = Path.of("target/chart-with-hooks");
    try (Stream<Path> files = Files.walk(Repository.CHART)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        Path to = copy.resolve(Repository.CHART.relativize(file));
        Files.createDirectories(to.getParent());
        Files.writeString(to, Repository.text(file).replace("helm.sh/hook", "was-helm.sh/hook"));
      }
      return copy;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
