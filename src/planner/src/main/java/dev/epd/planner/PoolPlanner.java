package dev.epd.planner;

import dev.epd.api.v1alpha1.EPDPool;
import dev.epd.api.v1alpha1.EPDPoolSpec;
import dev.epd.api.v1alpha1.Reason;
import dev.epd.api.v1alpha1.Role;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.PodTemplateSpec;
import io.fabric8.kubernetes.api.model.ServiceAccount;
import io.fabric8.kubernetes.api.model.ServiceAccountBuilder;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.DeploymentBuilder;
import io.fabric8.kubernetes.api.model.rbac.RoleBinding;
import io.fabric8.kubernetes.api.model.rbac.RoleBindingBuilder;
import io.fabric8.kubernetes.api.model.rbac.RoleBuilder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * EPDPool → Deployment, ServiceAccount, PodDisruptionBudget, and for the gateway the right to watch
 * pods.
 */
public final class PoolPlanner {
  /** Beyond the start-up budget: the probe gives up first and says why. */
  private static final Duration START_MARGIN = Duration.ofMinutes(5);

  private PoolPlanner() {}

  public static PoolPlan plan(PoolObservation seen) {
    EPDPool pool = seen.pool();
    String key = CompatibilityKey.of(pool.getSpec());
    String name = deploymentName(pool);
    Optional<Deployment> existing =
        seen.deployments().stream().filter(d -> d.getMetadata().getName().equals(name)).findFirst();
    if (existing.isPresent() && !Owners.controls(pool, existing.get().getMetadata())) {
      return PoolPlan.refused(
          new Problem(
              Reason.NameConflict,
              "Deployment "
                  + name
                  + " exists and does not belong to this pool: delete or rename it"));
    }
    String hash = Revisions.hash(pool);
    return switch (PodTemplates.of(pool, key, hash)) {
      case PodTemplates.Result.Refused refused -> PoolPlan.refused(refused.problem());
      case PodTemplates.Result.Ok ok -> {
        Revisions.Resolved revision = Revisions.resolve(seen, hash, ok.template());
        Optional<Problem> waitsFor = KeyChange.waitsFor(seen, key);
        List<HasMetadata> objects = surroundings(seen);
        if (waitsFor.isEmpty()) {
          objects.add(deployment(pool, key, revision.template(), stopsMidway(pool, existing)));
        }
        yield new PoolPlan(
            revision.toCreate(),
            objects,
            obsolete(seen, KeyChange.leaving(seen), revision.obsolete()),
            OldSets.growing(seen, key),
            Optional.empty(),
            waitsFor);
      }
    };
  }

  /** The name of the Deployment that this pool's spec asks for. */
  public static String deploymentName(EPDPool pool) {
    EPDPoolSpec spec = pool.getSpec();
    return Names.deployment(spec.clusterRef().name(), spec.role(), CompatibilityKey.of(spec));
  }

  private static List<HasMetadata> surroundings(PoolObservation seen) {
    EPDPool pool = seen.pool();
    List<HasMetadata> objects = new ArrayList<>();
    objects.add(serviceAccount(pool));
    if (pool.getSpec().role() == Role.GATEWAY) {
      objects.add(podReader(pool));
      objects.add(binding(pool));
    }
    DisruptionBudgets.of(seen).ifPresent(objects::add);
    return objects;
  }

  /**
   * A roll under way in a paused cluster, or one that stands paused already: being told to pause
   * makes a Deployment look unseen by its controller for a moment. Never one that is new: paused
   * from the start, it would have no pods at all.
   */
  private static boolean stopsMidway(EPDPool pool, Optional<Deployment> existing) {
    return pool.getSpec().clusterRolloutOrDefault().isPaused()
        && existing
            .filter(
                d ->
                    Boolean.TRUE.equals(d.getSpec().getPaused())
                        || DeploymentState.isFresh(d) && !DeploymentState.isRolled(d))
            .isPresent();
  }

  /** The cluster's own deadline, or the start-up budget and a margin. */
  static int progressDeadlineSeconds(EPDPoolSpec spec) {
    return (int)
        spec.clusterRolloutOrDefault().deadline().orElseGet(() -> startBudget(spec)).toSeconds();
  }

  /** What a pod may take to get ready, image and node included. */
  static Duration startBudget(EPDPoolSpec spec) {
    return spec.startupOrDefault().timeoutOrDefault().plus(START_MARGIN);
  }

  private static Deployment deployment(
      EPDPool pool, String key, PodTemplateSpec template, boolean paused) {
    EPDPoolSpec spec = pool.getSpec();
    Map<String, String> labels = Labels.ofPods(spec.clusterRef().name(), spec.role(), key);
    return new DeploymentBuilder()
        .withMetadata(meta(pool, deploymentName(pool), labels))
        .withNewSpec()
        .withReplicas(spec.podsWanted())
        .withPaused(paused ? true : null)
        .withProgressDeadlineSeconds(progressDeadlineSeconds(spec))
        .withRevisionHistoryLimit(3)
        .withNewStrategy()
        .withType("RollingUpdate")
        .withNewRollingUpdate()
        .withMaxSurge(spec.rolloutOrDefault().maxSurgeOrDefault())
        .withMaxUnavailable(spec.rolloutOrDefault().maxUnavailableOrDefault())
        .endRollingUpdate()
        .endStrategy()
        .withNewSelector()
        .withMatchLabels(labels)
        .endSelector()
        .withTemplate(template)
        .endSpec()
        .build();
  }

  private static ServiceAccount serviceAccount(EPDPool pool) {
    return new ServiceAccountBuilder()
        .withMetadata(meta(pool, pool.getMetadata().getName(), poolLabels(pool)))
        .withAutomountServiceAccountToken(false)
        .build();
  }

  private static io.fabric8.kubernetes.api.model.rbac.Role podReader(EPDPool pool) {
    return new RoleBuilder()
        .withMetadata(meta(pool, pool.getMetadata().getName(), poolLabels(pool)))
        .addNewRule()
        .withApiGroups("")
        .withResources("pods")
        .withVerbs("list", "watch")
        .endRule()
        .build();
  }

  private static RoleBinding binding(EPDPool pool) {
    String name = pool.getMetadata().getName();
    return new RoleBindingBuilder()
        .withMetadata(meta(pool, name, poolLabels(pool)))
        .withNewRoleRef("rbac.authorization.k8s.io", "Role", name)
        .addNewSubject()
        .withKind("ServiceAccount")
        .withName(name)
        .withNamespace(pool.getMetadata().getNamespace())
        .endSubject()
        .build();
  }

  private static List<HasMetadata> obsolete(
      PoolObservation seen, List<Deployment> replaced, List<HasMetadata> revisions) {
    List<HasMetadata> obsolete = new ArrayList<>(replaced);
    obsolete.addAll(revisions);
    boolean hasBudget = seen.pool().getSpec().disruptionOrDefault().hasBudget();
    seen.budget()
        .filter(b -> !hasBudget && Owners.controls(seen.pool(), b.getMetadata()))
        .ifPresent(obsolete::add);
    return obsolete;
  }

  static Map<String, String> poolLabels(EPDPool pool) {
    return Labels.ofPool(pool.getSpec().clusterRef().name(), pool.getSpec().role());
  }

  static ObjectMeta meta(EPDPool pool, String name, Map<String, String> labels) {
    return new ObjectMetaBuilder()
        .withName(name)
        .withNamespace(pool.getMetadata().getNamespace())
        .withLabels(labels)
        .withOwnerReferences(Owners.controller(pool))
        .build();
  }
}
