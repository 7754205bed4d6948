package dev.epd.planner;

import static org.assertj.core.api.Assertions.assertThat;

import dev.epd.api.v1alpha1.EPDPool;
import dev.epd.api.v1alpha1.Role;
import io.fabric8.kubernetes.api.model.PodTemplateSpec;
import io.fabric8.kubernetes.api.model.apps.ControllerRevision;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RevisionsTest {
  @Test
  void aTemplateIsKeptWhenItIsFirstUsed() {
    EPDPool pool = pool("replicas: 1");
    PoolPlan plan = plan(pool);
    ControllerRevision kept = plan.revision().orElseThrow();
    assertThat(kept.getMetadata().getName()).isEqualTo("c-prefill-" + Revisions.hash(pool));
    assertThat(kept.getRevision()).isEqualTo(1);

    assertThat(plan(pool, kept).revision()).isEmpty();
    assertThat(template(plan(pool, kept))).isEqualTo(template(plan));
    // As the API server gives it back.
    ControllerRevision read =
        Serialization.unmarshal(Serialization.asJson(kept), ControllerRevision.class);
    assertThat(template(plan(pool, read))).isEqualTo(template(plan));
  }

  /** What another version of the operator made of the same spec stays as it is. */
  @Test
  void anotherOperatorsTemplateStays() {
    EPDPool pool = pool("replicas: 1");
    ControllerRevision others = plan(pool).revision().orElseThrow();
    String json = Serialization.asJson(others).replace("--role=prefill", "--role=old-flag");
    others = Serialization.unmarshal(json, ControllerRevision.class);

    PoolPlan plan = plan(pool, others);
    assertThat(plan.revision()).isEmpty();
    assertThat(template(plan).getSpec().getContainers().getFirst().getArgs())
        .contains("--role=old-flag");

    PoolPlan changed = plan(pool("replicas: 1, engine: {maxSequences: 3}"), others);
    assertThat(changed.revision())
        .hasValueSatisfying(r -> assertThat(r.getRevision()).isEqualTo(2));
    assertThat(template(changed).getSpec().getContainers().getFirst().getArgs())
        .contains("--role=prefill", "--max-slots=3");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "replicas: 7",
        "{}",
        "resources: {}, runtime: {}",
        "rollout: {maxSurge: 0, maxUnavailable: 1}",
        "disruption: {budget: None}",
      })
  void numbersAndWaysOfReplacingAreNoPartOfThePod(String options) {
    assertThat(Revisions.hash(pool(options))).isEqualTo(Revisions.hash(pool("replicas: 1")));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "runtime: {image: other}",
        "resources: {requests: {memory: 1Gi}}",
        "template: {metadata: {labels: {a: b}}}",
        "placement: {spread: Node}",
        "startup: {timeout: 1m}",
        "drain: {timeout: 1m}",
      })
  void whatThePodIsMadeOfIs(String options) {
    assertThat(Revisions.hash(pool(options))).isNotEqualTo(Revisions.hash(pool("replicas: 1")));
  }

  /** One that says nothing there is not as good as none: an empty selector selects everything. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "placement: {affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution:"
            + " {nodeSelectorTerms: []}}}}",
        "template: {spec: {volumes: [{name: scratch, emptyDir: {}}]}}",
      })
  void anEmptyObjectOfKubernetesIs(String options) {
    EPDPool good = pool("replicas: 1");
    assertThat(Revisions.hash(pool(options))).isNotEqualTo(Revisions.hash(good));

    // What is refused must not be kept under the name of what is good.
    ControllerRevision refused = plan(pool(options)).revision().orElseThrow();
    assertThat(template(plan(good, refused)).getSpec().getAffinity()).isNull();
    assertThat(template(plan(good, refused))).isEqualTo(template(plan(good)));
  }

  @Test
  void theSameInOtherWordsKeepsThePods() {
    ControllerRevision first = plan(pool("replicas: 1")).revision().orElseThrow();
    PoolPlan plan = plan(pool("resources: {gpu: {count: 0}}"), first);
    assertThat(plan.revision())
        .hasValueSatisfying(
            r -> assertThat(r.getMetadata().getName()).isNotEqualTo(first.getMetadata().getName()));
    assertThat(template(plan)).isEqualTo(template(plan(pool("replicas: 1"), first)));
  }

  /** Pinned: a hash that changes from version to version would roll every pod. */
  @Test
  void theHashIsTheSameInEveryVersion() {
    assertThat(Revisions.hash(pool("replicas: 1"))).isEqualTo("05538b49");
  }

  @Test
  void aFewOldOnesAreKeptAndStrangersLeftAlone() {
    List<ControllerRevision> live = new ArrayList<>();
    for (int i = 1; i <= 6; i++) {
      live.add(revision("c-prefill-old" + i, i));
    }
    live.add(revision("c-prefill-strange", 0));
    live.getLast().getMetadata().setOwnerReferences(List.of());

    PoolPlan plan = plan(pool("replicas: 1"), live.toArray(ControllerRevision[]::new));
    assertThat(plan.revision()).map(ControllerRevision::getRevision).contains(7L);
    assertThat(plan.delete())
        .extracting(r -> r.getMetadata().getName())
        .containsExactly("c-prefill-old3", "c-prefill-old2", "c-prefill-old1");
  }

  /** Specs that were refused since must not push out what the pods are made of. */
  @Test
  void whatPodsAreMadeOfIsKept() {
    EPDPool pool = pool("replicas: 1");
    Deployment running =
        plan(pool).apply().stream()
            .filter(Deployment.class::isInstance)
            .map(Deployment.class::cast)
            .findFirst()
            .orElseThrow();
    List<ControllerRevision> live = new ArrayList<>();
    live.add(plan(pool).revision().orElseThrow());
    for (int i = 2; i <= 6; i++) {
      live.add(revision("c-prefill-refused" + i, i));
    }

    PoolPlan plan =
        PoolPlanner.plan(
            new PoolObservation(
                pool("drain: {timeout: 1m}"), List.of(running), List.of(), Optional.empty(), live));
    assertThat(plan.delete())
        .extracting(r -> r.getMetadata().getName())
        .containsExactly("c-prefill-refused3", "c-prefill-refused2");
  }

  private static ControllerRevision revision(String name, long number) {
    ControllerRevision revision = plan(pool("replicas: 1")).revision().orElseThrow();
    revision.getMetadata().setName(name);
    revision.setRevision(number);
    revision.setData(Map.of());
    return revision;
  }

  private static PoolPlan plan(EPDPool pool, ControllerRevision... revisions) {
    return PoolPlanner.plan(
        new PoolObservation(pool, List.of(), List.of(), Optional.empty(), List.of(revisions)));
  }

  private static PodTemplateSpec template(PoolPlan plan) {
    return plan.apply().stream()
        .filter(Deployment.class::isInstance)
        .map(d -> ((Deployment) d).getSpec().getTemplate())
        .findFirst()
        .orElseThrow();
  }

  private static EPDPool pool(String options) {
    String written = options.startsWith("{") ? options : "{" + options + "}";
    EPDPool pool =
        Fixtures.pool(
                ClusterPlanner.plan(Fixtures.seen(Fixtures.cluster("prefill: " + written))),
                Role.PREFILL)
            .desired();
    pool.getMetadata().setUid("pool-uid");
    return pool;
  }
}
