package dev.epd.operator;

import static dev.epd.operator.OperatorWorld.admin;
import static dev.epd.operator.OperatorWorld.apply;
import static dev.epd.operator.OperatorWorld.assertReady;
import static dev.epd.operator.OperatorWorld.cluster;
import static dev.epd.operator.OperatorWorld.condition;
import static dev.epd.operator.OperatorWorld.eventually;
import static dev.epd.operator.OperatorWorld.kube;
import static dev.epd.operator.OperatorWorld.namespace;
import static dev.epd.operator.OperatorWorld.pods;
import static dev.epd.operator.OperatorWorld.pools;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.epd.api.v1alpha1.Condition;
import dev.epd.api.v1alpha1.EPDCluster;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.apps.ControllerRevision;
import io.fabric8.kubernetes.api.model.apps.ControllerRevisionBuilder;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What somebody's rule forbids the operator to do: it is said, and the rest is done. */
@ExtendWith(OperatorWorld.class)
class ApiServerRefusalTest {

  /** A rule for one namespace, as administrators write them. */
  private static void forbid(String ns, String group, String resources, String verb, String allow) {
    apply(
        ns,
        """
        apiVersion: admissionregistration.k8s.io/v1
        kind: ValidatingAdmissionPolicy
        metadata: {name: %1$s}
        spec:
          failurePolicy: Fail
          matchConstraints:
            resourceRules:
              - {apiGroups: [%2$s], apiVersions: ["*"], resources: [%3$s], operations: [%4$s]}
          validations:
            - expression: %5$s
              message: "ask the platform team first"
        ---
        apiVersion: admissionregistration.k8s.io/v1
        kind: ValidatingAdmissionPolicyBinding
        metadata: {name: %1$s}
        spec:
          policyName: %1$s
          validationActions: [Deny]
          matchResources: {namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: %1$s}}}
        """
            .formatted(ns, group, resources, verb, allow));
  }

  private static void allow(String ns) {
    kube.kubectl("delete", "validatingadmissionpolicybinding,validatingadmissionpolicy", ns)
        .orThrow();
  }

  @Test
  void aKeyThatIsRefusedIsSaidAndTheRestIsMade() {
    String ns = namespace("no-secrets");
    apply(
        ns,
        """
        apiVersion: v1
        kind: ResourceQuota
        metadata: {name: none}
        spec: {hard: {secrets: "0"}}
        """);
    eventually(() -> assertThat(quota(ns)).containsKey("secrets"));
    apply(ns, cluster("replicas: 1", "replicas: 1"));
    eventually(
        () -> {
          assertThat(condition(ns, "Ready").reason()).isEqualTo("QuotaExceeded");
          assertThat(condition(ns, "Ready").message()).contains("Secret one-signing-key");
        });
    assertThat(pools(ns)).hasSize(4);

    kube.kubectl("delete", "quota", "none", "-n", ns).orThrow();
    eventually(() -> assertReady(ns));
  }

  /** Pods serve without their budget. */
  @Test
  void aBudgetThatIsRefusedIsSaidAndThePodsAreMade() {
    String ns = namespace("no-budgets");
    apply(
        ns,
        """
        apiVersion: v1
        kind: ResourceQuota
        metadata: {name: none}
        spec: {hard: {count/poddisruptionbudgets.policy: "0"}}
        """);
    eventually(() -> assertThat(quota(ns)).containsKey("count/poddisruptionbudgets.policy"));
    apply(ns, cluster("replicas: 1", "replicas: 1"));
    eventually(
        () -> {
          assertThat(condition(ns, "Ready").reason()).isEqualTo("QuotaExceeded");
          assertThat(condition(ns, "Ready").message()).contains("PodDisruptionBudget one-");
        });
    eventually(() -> assertThat(pods(ns, "decode")).isEqualTo(1));
    apply(ns, cluster("replicas: 1", "replicas: 2"));
    eventually(() -> assertThat(pods(ns, "prefill")).isEqualTo(2));

    kube.kubectl("delete", "quota", "none", "-n", ns).orThrow();
    eventually(() -> assertReady(ns));
  }

  /** Pools' templates are kept in such objects too; theirs bear a role. */
  @Test
  void aSpecThatMayNotBeKeptIsSaidAndIsCarriedOut() {
    String ns = namespace("no-history");
    apply(ns, cluster("replicas: 1", "replicas: 1"));
    eventually(() -> assertReady(ns));
    String kept = revision(ns);
    forbid(
        ns,
        "apps",
        "controllerrevisions",
        "CREATE",
        "has(object.metadata.labels) && 'epd.dev/role' in object.metadata.labels");
    ControllerRevision another =
        new ControllerRevisionBuilder(
                admin.apps().controllerRevisions().inNamespace(ns).withName(kept).get())
            .editMetadata()
            .withName("another")
            .withResourceVersion(null)
            .endMetadata()
            .build();
    eventually(
        () ->
            assertThatThrownBy(() -> admin.resource(another).dryRun().create())
                .hasMessageContaining("ask the platform team first"));
    apply(ns, cluster("replicas: 1", "replicas: 2"));
    eventually(() -> assertSaid(ns, "ControllerRevision one-"));
    assertThat(condition(ns, "Degraded").reason()).isEqualTo("ObjectRefused");
    assertThat(revision(ns)).isEqualTo(kept);
    eventually(() -> assertThat(pods(ns, "prefill")).isEqualTo(2));

    allow(ns);
    eventually(() -> assertReady(ns));
    assertThat(revision(ns)).isNotEqualTo(kept);
  }

  /** As a cluster leaves them that is deleted with --cascade=orphan. */
  @Test
  void aRevisionThatIsNobodysIsNamed() {
    String one = namespace("keeps");
    apply(one, cluster("replicas: 1", "replicas: 1"));
    eventually(() -> assertThat(revision(one)).isNotEmpty());
    String ns = namespace("finds");
    admin
        .resource(
            new ControllerRevisionBuilder(
                    admin
                        .apps()
                        .controllerRevisions()
                        .inNamespace(one)
                        .withName(revision(one))
                        .get())
                .withNewMetadata()
                .withNamespace(ns)
                .withName(revision(one))
                .endMetadata()
                .build())
        .create();
    apply(ns, cluster("replicas: 1", "replicas: 1"));
    eventually(
        () -> {
          assertThat(condition(ns, "Ready").reason()).isEqualTo("NameConflict");
          assertThat(condition(ns, "Ready").message()).contains(revision(one));
          assertThat(condition(ns, "Available").status()).isEqualTo(Condition.Status.True);
        });

    kube.kubectl("delete", "controllerrevision", revision(one), "-n", ns).orThrow();
    eventually(() -> assertReady(ns));
  }

  private static String revision(String ns) {
    EPDCluster cluster = admin.resources(EPDCluster.class).inNamespace(ns).withName("one").get();
    return Objects.requireNonNull(cluster.getStatus().revision());
  }

  private static Map<String, Quantity> quota(String ns) {
    return admin.resourceQuotas().inNamespace(ns).withName("none").get().getStatus().getUsed();
  }

  /** Somebody's controller is away, and its webhook guards what we make. */
  @Test
  void aWebhookThatDoesNotAnswerIsNamedAndTheRestIsMade() {
    String ns = namespace("no-webhook");
    apply(
        ns,
        """
        apiVersion: admissionregistration.k8s.io/v1
        kind: ValidatingWebhookConfiguration
        metadata: {name: no-webhook}
        webhooks:
          - name: services.example.org
            admissionReviewVersions: [v1]
            sideEffects: None
            failurePolicy: Fail
            timeoutSeconds: 1
            clientConfig: {url: "https://127.0.0.1:1/"}
            namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: no-webhook}}
            rules: [{apiGroups: [""], apiVersions: [v1], resources: [services], operations: ["*"]}]
        """);
    eventually(
        () ->
            assertThat(
                    kube.kubectl("create", "service", "clusterip", "x", "--tcp=80", "-n", ns).err())
                .contains("services.example.org"));
    apply(ns, cluster("replicas: 1", "replicas: 1"));
    eventually(
        () -> {
          assertThat(condition(ns, "Ready").reason()).isEqualTo("ObjectRefused");
          assertThat(condition(ns, "Ready").message())
              .contains("Service one", "services.example.org");
        });
    assertThat(pools(ns)).hasSize(4);

    kube.kubectl("delete", "validatingwebhookconfiguration", "no-webhook").orThrow();
    eventually(() -> assertReady(ns));
  }

  @Test
  void aRoleThatMayNotGoIsSaidAndTheOthersAreChanged() {
    String ns = namespace("no-deletions");
    apply(ns, cluster("replicas: 1", "replicas: 1"));
    eventually(() -> assertReady(ns));
    forbid(ns, "epd.dev", "epdpools", "DELETE", "\"false\"");
    awaitRule(ns);

    apply(ns, cluster("replicas: 1", "replicas: 2").replace("encoder: {replicas: 1}", ""));
    eventually(() -> assertSaid(ns, "EPDPool one-encoder"));
    eventually(() -> assertThat(pods(ns, "prefill")).isEqualTo(2));
    assertThat(pools(ns)).containsKey("one-encoder");

    allow(ns);
    eventually(() -> assertThat(pools(ns)).doesNotContainKey("one-encoder"));
    eventually(() -> assertReady(ns));
  }

  /** A rule takes effect when the API server has seen it. */
  private static void awaitRule(String ns) {
    eventually(
        () ->
            assertThat(kube.kubectl("delete", "epool", "--all", "-n", ns, "--dry-run=server").err())
                .contains("ask the platform team first"));
  }

  @Test
  void anOldSetThatMayNotGrowIsSaidAndTheNewOneTakesOver() {
    String ns = namespace("no-growth");
    apply(ns, cluster("replicas: 1", "replicas: 1"));
    eventually(() -> assertReady(ns));
    String old = deployment(ns);
    String next = cluster("replicas: 1", "replicas: 1").replace("path: shapes", "path: other");
    apply(ns, never(next));
    eventually(() -> assertThat(decodes(ns)).hasSize(2));
    forbid(ns, "apps", "deployments", "UPDATE", "object.metadata.name != '" + old + "'");
    eventually(
        () ->
            assertThat(
                    kube.kubectl("label", "deploy", old, "-n", ns, "a=b", "--dry-run=server").err())
                .contains("ask the platform team first"));

    apply(ns, never(next).replace("decode: {replicas: 1}", "decode: {replicas: 3}"));
    eventually(() -> assertSaid(ns, "Deployment " + old));

    allow(ns);
    apply(ns, next.replace("decode: {replicas: 1}", "decode: {replicas: 3}"));
    eventually(() -> assertThat(decodes(ns)).hasSize(1).doesNotContain(old));
    eventually(() -> assertReady(ns));
  }

  private static String never(String cluster) {
    return cluster.replace("epd.dev/runtime:dev", FakeNode.NEVER);
  }

  private static String deployment(String ns) {
    return decodes(ns).getFirst();
  }

  private static List<String> decodes(String ns) {
    return admin
        .apps()
        .deployments()
        .inNamespace(ns)
        .withLabel("epd.dev/role", "decode")
        .list()
        .getItems()
        .stream()
        .map(deployment -> deployment.getMetadata().getName())
        .toList();
  }

  private static void assertSaid(String ns, String object) {
    Condition ready = condition(ns, "Ready");
    assertThat(ready.reason()).isEqualTo("ObjectRefused");
    assertThat(ready.message()).contains(object, "ask the platform team first");
  }
}
