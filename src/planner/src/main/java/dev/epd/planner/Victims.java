package dev.epd.planner;

import dev.epd.api.v1alpha1.EPDPool;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/**
 * Which pods go when a pool gets fewer: slow ones, then those with the least held work. Pending and
 * not-ready pods go first by Kubernetes' own order; a choice is made among the ready ones only, and
 * only where some of them stay. While a roll is under way the Deployment shares the reduction out
 * over its revisions itself, and none is made.
 */
public final class Victims {
  /** On a pod: gateways give it no new work. Read by the gateways; final. */
  public static final String NO_NEW_WORK = "epd.dev/no-new-work";

  public static final String DELETION_COST = "controller.kubernetes.io/pod-deletion-cost";

  /** Below whatever a user's own template may say, short of saying it on purpose. */
  public static final String COST = "-1000000";

  private Victims() {}

  /**
   * What to write on pods before the Deployment gets its new number.
   *
   * @param add pods to mark, with {@link #NO_NEW_WORK} and {@link #COST}
   * @param remove pods whose marks are to go: they stay after all
   */
  public record Marks(List<Pod> add, List<Pod> remove) {
    static final Marks NONE = new Marks(List.of(), List.of());

    public Marks {
      add = List.copyOf(add);
      remove = List.copyOf(remove);
    }
  }

  /** Ready pods of which some, not all, have to go now; empty: nothing to choose. */
  public static List<Pod> candidates(PoolObservation seen, PoolPlan plan) {
    Optional<Reduction> reduction = reduction(seen, plan);
    return reduction.filter(Reduction::isAChoice).map(Reduction::ready).orElse(List.of());
  }

  /**
   * @param work what the candidates hold; one that is missing did not say, and counts as busy
   */
  public static Marks marks(PoolObservation seen, PoolPlan plan, Map<String, HeldWork> work) {
    Marks current = marksOfCurrent(seen, plan, work);
    List<Pod> remove = new ArrayList<>(current.remove());
    remove.addAll(leftOver(seen));
    return new Marks(current.add(), remove);
  }

  /**
   * Marked pods of Deployments of other keys, which get no new number any more: where such a one
   * has no pod too many, nobody goes, and its gateway must not go on sparing them.
   */
  private static List<Pod> leftOver(PoolObservation seen) {
    String current = PoolPlanner.deploymentName(seen.pool());
    List<Pod> leftOver = new ArrayList<>();
    for (Deployment old : seen.deployments()) {
      if (!Owners.controls(seen.pool(), old.getMetadata())
          || old.getMetadata().getName().equals(current)
          || old.getMetadata().getDeletionTimestamp() != null) {
        continue;
      }
      List<Pod> alive = alive(seen, KeyChange.keyOf(old));
      if (alive.size() <= DeploymentState.number(old)) {
        alive.stream().filter(Victims::isMarked).forEach(leftOver::add);
      }
    }
    return leftOver;
  }

  private static Marks marksOfCurrent(
      PoolObservation seen, PoolPlan plan, Map<String, HeldWork> work) {
    List<Pod> marked = alive(seen).stream().filter(Victims::isMarked).toList();
    Optional<Reduction> reduction = reduction(seen, plan);
    if (reduction.isEmpty()) {
      return isUnderWay(seen, plan) ? Marks.NONE : new Marks(List.of(), marked);
    }
    if (!reduction.get().isAChoice()) {
      return Marks.NONE;
    }
    List<Pod> chosen =
        reduction.get().ready().stream()
            .filter(pod -> work.containsKey(name(pod)))
            .sorted(
                Comparator.comparing((Pod pod) -> work.get(name(pod)))
                    // Among equals: who was chosen before, then the youngest, as Kubernetes does.
                    .thenComparing(pod -> !isMarked(pod))
                    .thenComparing(Victims::created, Comparator.reverseOrder())
                    .thenComparing(Victims::name))
            .limit(reduction.get().going())
            .toList();
    Set<String> names = new HashSet<>();
    chosen.forEach(pod -> names.add(name(pod)));
    return new Marks(
        chosen.stream().filter(pod -> !isMarked(pod)).toList(),
        marked.stream().filter(pod -> !names.contains(name(pod))).toList());
  }

  /**
   * @param going how many of the ready pods are to go
   */
  private record Reduction(List<Pod> ready, int going) {
    boolean isAChoice() {
      return going > 0 && going < ready.size();
    }
  }

  private static Optional<Reduction> reduction(PoolObservation seen, PoolPlan plan) {
    Optional<Deployment> live = live(seen).filter(d -> isRolled(seen, d));
    Optional<Deployment> wanted = wanted(plan);
    if (live.isEmpty()
        || wanted.isEmpty()
        || DeploymentState.number(live.get()) <= DeploymentState.number(wanted.get())) {
      return Optional.empty();
    }
    List<Pod> alive = alive(seen);
    List<Pod> ready = alive.stream().filter(PodReadiness::isReady).toList();
    int notReady = alive.size() - ready.size();
    return Optional.of(
        new Reduction(ready, alive.size() - DeploymentState.number(wanted.get()) - notReady));
  }

  /** Also where its controller has not looked yet, if all its pods are of its template. */
  private static boolean isRolled(PoolObservation seen, Deployment live) {
    return DeploymentState.isFresh(live)
        ? DeploymentState.isRolled(live)
        : alive(seen).stream()
            .allMatch(pod -> Objects.equals(PoolStatusPlanner.revisionOf(pod), Revisions.of(live)));
  }

  /** The Deployment has its lower number, its pods are still to be deleted. */
  private static boolean isUnderWay(PoolObservation seen, PoolPlan plan) {
    Optional<Deployment> live = live(seen);
    Optional<Deployment> wanted = wanted(plan);
    return live.isPresent()
        && wanted.isPresent()
        && DeploymentState.number(live.get()) == DeploymentState.number(wanted.get())
        && alive(seen).size() > DeploymentState.number(wanted.get());
  }

  private static Optional<Deployment> live(PoolObservation seen) {
    EPDPool pool = seen.pool();
    return seen.deployments().stream()
        .filter(d -> d.getMetadata().getName().equals(PoolPlanner.deploymentName(pool)))
        .findFirst();
  }

  private static Optional<Deployment> wanted(PoolPlan plan) {
    return plan.apply().stream()
        .filter(Deployment.class::isInstance)
        .map(Deployment.class::cast)
        .findFirst();
  }

  /** The pods of the Deployment that shrinks. */
  private static List<Pod> alive(PoolObservation seen) {
    return alive(seen, CompatibilityKey.of(seen.pool().getSpec()));
  }

  private static List<Pod> alive(PoolObservation seen, String key) {
    return seen.pods().stream()
        .filter(pod -> KeyChange.keyOf(pod).equals(key))
        .filter(pod -> pod.getMetadata().getDeletionTimestamp() == null)
        .filter(PoolStatusPlanner::isAlive)
        .toList();
  }

  private static boolean isMarked(Pod pod) {
    Map<String, String> annotations = pod.getMetadata().getAnnotations();
    return annotations != null && annotations.containsKey(NO_NEW_WORK);
  }

  private static String created(Pod pod) {
    String created = pod.getMetadata().getCreationTimestamp();
    return created == null ? "" : created;
  }

  private static String name(Pod pod) {
    return pod.getMetadata().getName();
  }
}
