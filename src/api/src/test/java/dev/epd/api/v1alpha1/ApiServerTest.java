package dev.epd.api.v1alpha1;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.epd.onebox.ControlPlane;
import dev.epd.onebox.ControlPlaneConfig;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.api.model.apiextensions.v1.JSONSchemaProps;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.FieldValidateable.Validation;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** The types, defaults and rules, tried on a real API server. */
class ApiServerTest {
  private static final String NAMESPACE = "api";
  private static final Path CASES = Path.of("src/test/resources/crd");
  private static final Path SAMPLES = Path.of("../../config/samples");

  @SuppressWarnings("NullAway.Init")
  private static ControlPlane kube;

  @SuppressWarnings("NullAway.Init")
  private static KubernetesClient client;

  @BeforeAll
  static void start() throws IOException {
    kube =
        ControlPlane.start(
            ControlPlaneConfig.defaults().withoutControllerManager().withoutScheduler());
    client = kube.client();
    client
        .resource(
            new NamespaceBuilder().withNewMetadata().withName(NAMESPACE).endMetadata().build())
        .create();
    // Plain client-side apply: the annotation it writes limits the size of a CRD.
    assertThat(kube.kubectl("apply", "-f", "../../crds").orThrow()).isNotNull();
    for (var kind : CrdFiles.KINDS) {
      client
          .apiextensions()
          .v1()
          .customResourceDefinitions()
          .withName(HasMetadata.getFullResourceName(kind))
          .waitUntilCondition(
              ApiServerTest::established, 60, java.util.concurrent.TimeUnit.SECONDS);
    }
  }

  private static boolean established(CustomResourceDefinition crd) {
    return crd != null
        && crd.getStatus() != null
        && crd.getStatus().getConditions().stream()
            .anyMatch(c -> c.getType().equals("Established") && c.getStatus().equals("True"));
  }

  @AfterAll
  static void stop() {
    if (kube != null) {
      kube.close();
    }
  }

  @TestFactory
  Stream<DynamicTest> validFilesAreAccepted() throws IOException {
    return files(CASES.resolve("valid"), SAMPLES)
        .map(
            file ->
                DynamicTest.dynamicTest(
                    file.getFileName().toString(),
                    () -> {
                      for (GenericKubernetesResource object : objects(file)) {
                        strictly(object);
                      }
                    }));
  }

  @TestFactory
  Stream<DynamicTest> invalidFilesAreRefusedWithTheirMessage() throws IOException {
    return files(CASES.resolve("invalid"))
        .map(
            file ->
                DynamicTest.dynamicTest(
                    file.getFileName().toString(),
                    () -> {
                      String expected = firstComment(file);
                      List<GenericKubernetesResource> objects = objects(file);
                      for (var before : objects.subList(0, objects.size() - 1)) {
                        client.resource(before).inNamespace(NAMESPACE).createOr(r -> r.update());
                      }
                      assertThatThrownBy(() -> strictly(objects.getLast()))
                          .isInstanceOf(KubernetesClientException.class)
                          .hasMessageContaining(expected);
                    }));
  }

  /** No rule without a file that breaks it. */
  @Test
  void everyRuleHasAnInvalidFile() throws IOException {
    Set<String> messages = new TreeSet<>();
    for (String file : CrdFiles.generate().values()) {
      CustomResourceDefinition crd = Serialization.unmarshal(file, CustomResourceDefinition.class);
      collectMessages(
          crd.getSpec().getVersions().getFirst().getSchema().getOpenAPIV3Schema(), messages);
    }
    List<String> expectations = new ArrayList<>();
    for (Path file : files(CASES.resolve("invalid")).toList()) {
      expectations.add(firstComment(file));
    }
    assertThat(messages)
        .isNotEmpty()
        .allSatisfy(
            message -> assertThat(expectations).anyMatch(expected -> message.contains(expected)));
  }

  @Test
  void samplesSayWhenToUseThem() throws IOException {
    for (Path sample : files(SAMPLES).toList()) {
      assertThat(Files.readString(sample))
          .as(sample.toString())
          .startsWith("# ")
          .contains("use it");
    }
  }

  @Test
  void defaultsAreFilledInExceptReplicas() throws IOException {
    EPDCluster read = create("defaulted", "smallest.yaml", EPDCluster.class);

    Gateway gateway = read.getSpec().gatewayOrDefault();
    assertThat(gateway).isEqualTo(Gateway.DEFAULT);
    assertThat(read.getSpec().prefill().replicas()).isNull();
    assertThat(read.getSpec().prefill().owner()).isEqualTo(ReplicasOwner.External);
    assertThat(read.getSpec().roles()).containsExactly(Role.GATEWAY, Role.PREFILL);
    assertThat(read.getSpec().encoder()).isNull();
    assertThat(read.getStatus()).isNull();
  }

  @Test
  void everyFieldComesBackAsItWasWritten() throws IOException {
    EPDCluster read = create("whole", "everything.yaml", EPDCluster.class);

    RolePool encoder = requireNonNull(read.getSpec().encoder());
    assertThat(encoder.owner()).isEqualTo(ReplicasOwner.Autoscaler);
    assertThat(encoder.autoscaling())
        .isEqualTo(new Autoscaling(0, 8, new LocalRef("not-there-yet")));
    assertThat(requireNonNull(encoder.resources()).gpuCount()).isZero();
    RolePool decode = requireNonNull(read.getSpec().decode());
    assertThat(requireNonNull(decode.resources()).gpu())
        .isEqualTo(new GpuResources(1, GpuResources.NVIDIA, null, null));
    assertThat(requireNonNull(decode.drain()).timeoutOrDefault()).isEqualTo(Duration.ofSeconds(90));
    assertThat(requireNonNull(decode.template()).at("/spec/tolerations/0/key").asText())
        .isEqualTo("gpu");

    // What the types write is what the server holds: applying it changes nothing.
    EPDCluster again = new EPDCluster();
    again.setMetadata(new ObjectMetaBuilder().withName("whole").withNamespace(NAMESPACE).build());
    again.setSpec(read.getSpec());
    EPDCluster applied =
        client
            .resource(again)
            .fieldValidation(Validation.STRICT)
            .patch(
                new PatchContext.Builder()
                    .withPatchType(PatchType.SERVER_SIDE_APPLY)
                    .withFieldManager("again")
                    .build());
    assertThat(applied.getMetadata().getGeneration()).isEqualTo(read.getMetadata().getGeneration());
    assertThat(applied.getSpec()).isEqualTo(read.getSpec());
  }

  @Test
  void policyDefaults() throws IOException {
    EPDAutoscalingPolicy read = create("plain", "policy-defaults.yaml", EPDAutoscalingPolicy.class);

    assertThat(read.getSpec()).isEqualTo(EPDAutoscalingPolicySpec.DEFAULT);
    assertThat(read.getSpec().imageQueue().targetWaitOrDefault()).isEqualTo(Duration.ofMillis(500));
  }

  /** YAML 1.1, which kubectl reads, takes a bare Off for false. */
  @Test
  void anOffWithoutQuotesIsRefusedByTheNameOfItsField() throws IOException {
    Path file = Files.createTempFile(kube.stateDir(), "policy", ".yaml");
    Files.writeString(
        file,
        """
        apiVersion: epd.dev/v1alpha1
        kind: EPDAutoscalingPolicy
        metadata: {name: bare}
        spec: {mode: Off}
        """);
    var refused = kube.kubectl("-n", NAMESPACE, "apply", "-f", file.toString());
    assertThat(refused.toString()).contains("spec.mode").contains("boolean");
    var explained = kube.kubectl("explain", "epdautoscalingpolicies.spec.mode").orThrow();
    assertThat(explained).contains("with quotes");
  }

  @Test
  void poolHasScale() throws IOException {
    EPDPool pool = create("scaled-gateway", "pool-gateway.yaml", EPDPool.class);
    assertThat(pool.getSpec().replicas()).isEqualTo(1);

    kube.kubectl("-n", NAMESPACE, "scale", "epool/scaled-gateway", "--replicas=4").orThrow();

    EPDPool after =
        client.resources(EPDPool.class).inNamespace(NAMESPACE).withName("scaled-gateway").get();
    assertThat(after.getSpec().replicas()).isEqualTo(4);
    after.setStatus(
        new EPDPoolStatus(1L, 4, 2, 0, "epd.dev/role=gateway", List.of(), null, null, List.of()));
    client.resource(after).updateStatus();
    var scale =
        client.resources(EPDPool.class).inNamespace(NAMESPACE).withName("scaled-gateway").scale();
    assertThat(scale.getSpec().getReplicas()).isEqualTo(4);
    assertThat(scale.getStatus().getReplicas()).isEqualTo(4);
    assertThat(scale.getStatus().getSelector()).isEqualTo("epd.dev/role=gateway");
  }

  /** Conditions are a map by type: two writers keep each other's. */
  @Test
  void twoWritersShareAPoolsConditions() throws IOException {
    create("shared-gateway", "pool-gateway.yaml", EPDPool.class);

    applyStatus("shared-gateway", "epd-pool", condition(ConditionType.Ready, Reason.PoolReady));
    applyStatus(
        "shared-gateway",
        "epd-autoscaler",
        condition(ConditionType.AutoscalingActive, Reason.Scaling));
    applyStatus("shared-gateway", "epd-pool", condition(ConditionType.Ready, Reason.PodsStarting));

    EPDPool read =
        client.resources(EPDPool.class).inNamespace(NAMESPACE).withName("shared-gateway").get();
    assertThat(read.getStatus()).isNotNull();
    assertThat(read.getStatus().conditions())
        .extracting(Condition::type, Condition::reason)
        .containsExactlyInAnyOrder(
            org.assertj.core.groups.Tuple.tuple("Ready", "PodsStarting"),
            org.assertj.core.groups.Tuple.tuple("AutoscalingActive", "Scaling"));
  }

  @Test
  void columnsSayWhatIsWrong() throws IOException {
    EPDCluster cluster = create("columns", "smallest.yaml", EPDCluster.class);
    cluster.setStatus(
        new EPDClusterStatus(
            1L,
            Topology.E_P_D,
            List.of(
                new Condition(
                    "Ready",
                    Condition.Status.False,
                    1L,
                    "2026-01-01T00:00:00Z",
                    Reason.Unschedulable.name(),
                    "no room")),
            List.of(PoolSummary.of(Role.ENCODER, 3, 2), PoolSummary.of(Role.PREFILL, 1, 1))));
    client.resource(cluster).updateStatus();

    String table = kube.kubectl("-n", NAMESPACE, "get", "epd", "columns").orThrow();
    assertThat(table)
        .containsSubsequence("NAME", "READY", "ENCODER", "PREFILL", "DECODE", "REASON", "AGE")
        .containsSubsequence("columns", "False", "2/3", "1/1", "Unschedulable");
    String wide = kube.kubectl("-n", NAMESPACE, "get", "epd", "columns", "-o", "wide").orThrow();
    assertThat(wide).contains("TOPOLOGY", "E+P+D", "MODEL");
    assertThat(kube.kubectl("-n", NAMESPACE, "get", "epd-all").orThrow())
        .contains("epdcluster.epd.dev/columns");
  }

  @Test
  void explainTellsOfEveryPart() {
    for (String path :
        List.of(
            "epd.spec.encoder",
            "epd.spec.encoder.autoscaling",
            "epd.spec.gateway.queue",
            "epd.spec.encoder.placement.tolerations",
            "epd.spec.encoder.resources.claims",
            "epd.spec.scaling.maxGPUs",
            "epd.spec.model.source.image",
            "epd.status.topology",
            "epool.spec.replicas",
            "epool.status.lastDecision",
            "epool.status.decisions",
            "epdas.spec.schedules.start",
            "epdas.spec.behavior.scaleUp",
            "epdas.spec.signals.latency.metric",
            "epdas.spec.signals.imageQueue.targetWait")) {
      String text = kube.kubectl("explain", path).orThrow();
      assertThat(text).as(path).contains("DESCRIPTION").doesNotContain("<no description>");
    }
  }

  private static void applyStatus(String name, String manager, Condition condition) {
    EPDPool part = new EPDPool();
    part.setMetadata(new ObjectMetaBuilder().withName(name).withNamespace(NAMESPACE).build());
    part.setStatus(
        new EPDPoolStatus(null, null, null, null, null, List.of(condition), null, null, List.of()));
    client
        .resource(part)
        .subresource("status")
        .patch(
            new PatchContext.Builder()
                .withPatchType(PatchType.SERVER_SIDE_APPLY)
                .withFieldManager(manager)
                .build());
  }

  private static Condition condition(ConditionType type, Reason reason) {
    return new Condition(
        type.name(), Condition.Status.True, 1L, "2026-01-01T00:00:00Z", reason.name(), "text");
  }

  private static <T extends HasMetadata> T create(String name, String file, Class<T> type)
      throws IOException {
    GenericKubernetesResource object = objects(CASES.resolve("valid").resolve(file)).getFirst();
    object.getMetadata().setName(name);
    client.resource(object).inNamespace(NAMESPACE).fieldValidation(Validation.STRICT).create();
    return client.resources(type).inNamespace(NAMESPACE).withName(name).get();
  }

  /** As {@code kubectl create --validate=strict --dry-run=server}, or an update if it exists. */
  private static void strictly(GenericKubernetesResource object) {
    boolean namespaced = !object.getKind().equals("Namespace");
    if (namespaced) {
      object.getMetadata().setNamespace(NAMESPACE);
    }
    var operation =
        namespaced ? client.resource(object).inNamespace(NAMESPACE) : client.resource(object);
    boolean exists = catchThrowable(operation::get) == null && operation.get() != null;
    var strict = operation.dryRun().fieldValidation(Validation.STRICT);
    if (exists) {
      strict.update();
    } else {
      strict.create();
    }
  }

  private static String firstComment(Path file) throws IOException {
    String first = Files.readAllLines(file).getFirst();
    assertThat(first).as("first line of %s", file).startsWith("# ");
    return first.substring(2);
  }

  private static List<GenericKubernetesResource> objects(Path file) throws IOException {
    return Arrays.stream(Files.readString(file).split("(?m)^---$"))
        .filter(part -> part.lines().anyMatch(l -> !l.isBlank() && !l.startsWith("#")))
        .map(part -> Serialization.unmarshal(part, GenericKubernetesResource.class))
        .toList();
  }

  private static Stream<Path> files(Path... folders) throws IOException {
    List<Path> files = new ArrayList<>();
    for (Path folder : folders) {
      try (var list = Files.list(folder)) {
        list.filter(f -> f.toString().endsWith(".yaml")).sorted().forEach(files::add);
      }
    }
    assertThat(files).isNotEmpty();
    return files.stream();
  }

  private static void collectMessages(JSONSchemaProps schema, Set<String> messages) {
    if (schema.getXKubernetesValidations() != null) {
      schema.getXKubernetesValidations().forEach(rule -> messages.add(rule.getMessage()));
    }
    if (schema.getProperties() != null) {
      schema.getProperties().values().forEach(child -> collectMessages(child, messages));
    }
    if (schema.getItems() != null) {
      collectMessages(schema.getItems().getSchema(), messages);
    }
  }
}
