package dev.epd.operator.pool;

import dev.epd.api.v1alpha1.EPDPool;
import dev.epd.api.v1alpha1.Reason;
import dev.epd.operator.kube.Applier.Outcome;
import dev.epd.operator.kube.Refusal;
import dev.epd.planner.FieldManagers;
import dev.epd.planner.PoolPlan;
import dev.epd.planner.Problem;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.DeploymentBuilder;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import java.util.Optional;
import java.util.function.Supplier;

/** Carries out a pool's plan once; every step may be repeated by another. */
final class PoolExecutor {
  private final PoolSources sources;
  private final Context<EPDPool> context;
  private boolean wrote;

  PoolExecutor(PoolSources sources, Context<EPDPool> context) {
    this.sources = sources;
    this.context = context;
  }

  /** The plan; what could not be carried out, for a name taken by others, is its problem then. */
  PoolPlan execute(PoolPlan plan) {
    Optional<Problem> problem =
        plan.revision()
            .flatMap(revision -> tried(revision, () -> PoolSources.create(revision, context)));
    Optional<Problem> aside = Optional.empty();
    for (HasMetadata object : plan.apply()) {
      if (problem.isEmpty()) {
        Optional<Problem> refused = tried(object, () -> sources.apply(object, context));
        // Pods serve without their budget.
        if (object instanceof PodDisruptionBudget) {
          aside = refused;
        } else {
          problem = refused;
        }
      }
    }
    if (problem.isPresent()) {
      return PoolPlan.refused(problem.get());
    }
    problem = aside;
    for (PoolPlan.Growth growth : plan.grow()) {
      Optional<Problem> refused = grow(growth);
      problem = problem.or(() -> refused);
    }
    for (HasMetadata object : plan.delete()) {
      if (object.getMetadata().getDeletionTimestamp() == null) {
        Optional<Problem> refused = tried(object, () -> delete(object));
        problem = problem.or(() -> refused);
      }
    }
    return problem.map(PoolPlan::refused).orElse(plan);
  }

  private Outcome delete(HasMetadata object) {
    context.getClient().resource(object).delete();
    return Outcome.UNCHANGED;
  }

  /** Its number alone: what it is otherwise was said by a spec that is no more. */
  private Optional<Problem> grow(PoolPlan.Growth growth) {
    Deployment old =
        new DeploymentBuilder()
            .withNewMetadata()
            .withNamespace(context.getPrimaryResource().getMetadata().getNamespace())
            .withName(growth.deployment())
            .endMetadata()
            .build();
    String number = "{\"spec\":{\"replicas\":%d}}".formatted(growth.replicas());
    return tried(
        old,
        () -> {
          context
              .getClient()
              .resource(old)
              .patch(
                  new PatchContext.Builder()
                      .withPatchType(PatchType.JSON_MERGE)
                      .withFieldManager(FieldManagers.POOL)
                      .build(),
                  number);
          return Outcome.CHANGED;
        });
  }

  /** Whether any object was written. */
  boolean wrote() {
    return wrote;
  }

  private Optional<Problem> tried(HasMetadata object, Supplier<Outcome> step) {
    try {
      Outcome outcome = step.get();
      wrote |= outcome.isWrite();
      if (outcome != Outcome.FOREIGN) {
        return Optional.empty();
      }
      return Optional.of(
          new Problem(
              Reason.NameConflict,
              "%s %s exists and does not belong to this pool: delete or rename it"
                  .formatted(object.getKind(), object.getMetadata().getName())));
    } catch (KubernetesClientException e) {
      return Optional.of(Refusal.of(e, object).orElseThrow(() -> e));
    }
  }
}
