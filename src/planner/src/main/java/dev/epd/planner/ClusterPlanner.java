package dev.epd.planner;

import dev.epd.api.v1alpha1.Autoscaling;
import dev.epd.api.v1alpha1.EPDCluster;
import dev.epd.api.v1alpha1.EPDClusterSpec;
import dev.epd.api.v1alpha1.EPDPool;
import dev.epd.api.v1alpha1.EPDPoolSpec;
import dev.epd.api.v1alpha1.Gateway;
import dev.epd.api.v1alpha1.Reason;
import dev.epd.api.v1alpha1.ReplicasOwner;
import dev.epd.api.v1alpha1.Role;
import dev.epd.api.v1alpha1.RolePool;
import io.fabric8.kubernetes.api.model.IntOrString;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServiceBuilder;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** EPDCluster → pools, Service, network policies, signing key. */
public final class ClusterPlanner {
  private ClusterPlanner() {}

  /** The plan where the API server listens where most do. */
  public static ClusterPlan plan(ClusterObservation seen) {
    return plan(seen, ApiServerPorts.USUAL);
  }

  /** What is to be made of a cluster, and what stands in the way. */
  public static ClusterPlan plan(ClusterObservation seen, ApiServerPorts apiServer) {
    EPDCluster cluster = seen.cluster();
    Set<Role> roles = cluster.getSpec().roles();
    List<PoolApply> pools = new ArrayList<>();
    List<EPDPool> goners = new ArrayList<>();
    List<Notice> notices = new ArrayList<>();
    List<String> created = new ArrayList<>();
    List<Problem> problems = new ArrayList<>();
    Map<Role, Problem> held = new EnumMap<>(Role.class);
    Map<Role, EPDPool> own = seen.ownPools();
    Map<Role, GpuBudget.Share> shares = GpuBudget.shares(cluster.getSpec(), own);
    for (Role role : roles) {
      EPDPool existing = existing(seen, role);
      if (existing != null && !Owners.controls(cluster, existing.getMetadata())) {
        problems.add(taken("EPDPool", existing.getMetadata()));
        continue;
      }
      PoolSpecs.Bounds bounds =
          new PoolSpecs.Bounds(Suspension.reaches(role, cluster, own), shares.get(role));
      PoolApply apply = pool(seen, role, existing, bounds);
      if (Turns.mayNotCome(cluster, own, apply.desired().getSpec())) {
        held.put(role, new Problem(Reason.RolloutPaused, Reason.RolloutPaused.help()));
        continue;
      }
      if (existing == null) {
        created.add(Names.pool(name(cluster), role));
      }
      if (apply.replicas() instanceof ReplicaIntent.HandOver h
          && existing != null
          && existing.getSpec().replicasOwner() != h.to()) {
        notices.add(handedOver(existing, h));
      }
      pools.add(apply);
    }
    if (!created.isEmpty()) {
      notices.add(Notice.normal(Reason.PoolCreated, "created " + String.join(", ", created)));
    }
    held.putAll(Turns.hold(cluster, own, pools));
    held.putAll(Departures.staying(cluster, own));
    own.forEach(
        (role, pool) -> {
          if (!roles.contains(role) && !held.containsKey(role)) {
            goners.add(pool);
            notices.add(removed(pool));
          }
        });
    List<NetworkPolicy> policies = NetworkPolicies.of(cluster, own, held.keySet(), apiServer);
    problems.addAll(around(seen, policies));
    return new ClusterPlan(
        pools,
        held,
        isTaken(cluster, seen.gatewayService())
            ? Optional.empty()
            : Optional.of(gatewayService(cluster)),
        policies.stream().filter(p -> !NetworkPolicies.isTaken(seen, p)).toList(),
        NetworkPolicies.obsolete(seen, policies),
        seen.signingKey() == null ? Optional.of(signingKey(cluster)) : Optional.empty(),
        goners,
        notices,
        problems);
  }

  /** What is wrong with the objects beside the pools. */
  private static List<Problem> around(ClusterObservation seen, List<NetworkPolicy> policies) {
    EPDCluster cluster = seen.cluster();
    List<Problem> problems = new ArrayList<>();
    if (isTaken(cluster, seen.gatewayService())) {
      problems.add(taken("Service", Objects.requireNonNull(seen.gatewayService())));
    }
    if (isTaken(cluster, seen.signingKey())) {
      problems.add(taken("Secret", Objects.requireNonNull(seen.signingKey())));
    }
    NetworkPolicies.taken(seen, policies)
        .map(m -> taken("NetworkPolicy", m))
        .forEach(problems::add);
    claimProblem(seen).ifPresent(problems::add);
    return problems;
  }

  private static PoolApply pool(
      ClusterObservation seen, Role role, @Nullable EPDPool existing, PoolSpecs.Bounds bounds) {
    EPDCluster cluster = seen.cluster();
    EPDClusterSpec spec = cluster.getSpec();
    RolePool options = spec.pool(role);
    ReplicaIntent intent;
    EPDPoolSpec poolSpec;
    if (options == null) {
      Gateway gateway = spec.gatewayOrDefault();
      intent =
          ReplicaOwnership.byCluster(
              existing, gateway.replicasOrDefault(), changeHere(cluster, "gateway.replicas"));
      poolSpec = PoolSpecs.ofGateway(cluster, gateway, bounds);
    } else {
      ReplicasOwner owner = ReplicaOwnership.owner(seen, options, existing);
      intent = intent(cluster, role, options, owner, existing);
      poolSpec = PoolSpecs.ofRole(cluster, role, options, owner, bounds);
    }
    EPDPool desired = new EPDPool();
    desired.setMetadata(
        meta(cluster, Names.pool(name(cluster), role), Labels.ofPool(name(cluster), role)));
    desired.setSpec(poolSpec.withReplicas(written(intent)));
    return new PoolApply(desired, intent);
  }

  private static ReplicaIntent intent(
      EPDCluster cluster,
      Role role,
      RolePool options,
      ReplicasOwner owner,
      @Nullable EPDPool existing) {
    Integer replicas = options.replicas();
    if (replicas != null) {
      return ReplicaOwnership.byCluster(
          existing, replicas, changeHere(cluster, role.value() + ".replicas"));
    }
    Autoscaling autoscaling = options.autoscaling();
    if (autoscaling != null && owner == ReplicasOwner.Autoscaler) {
      return ReplicaOwnership.byAutoscaler(
          existing,
          autoscaling.minOrDefault(),
          "the autoscaler owns it, within spec."
              + role.value()
              + ".autoscaling of EPDCluster "
              + name(cluster)
              + "; change the bounds there, or remove autoscaling to scale by hand");
    }
    return ReplicaOwnership.byOthers(
        existing, autoscaling == null ? 1 : Math.max(1, autoscaling.minOrDefault()));
  }

  /** The number that the cluster's own apply holds; null: it must leave the number out. */
  private static @Nullable Integer written(ReplicaIntent intent) {
    return switch (intent) {
      case ReplicaIntent.Apply apply -> apply.replicas();
      case ReplicaIntent.Seed seed -> seed.replicas();
      case ReplicaIntent.PutBack back ->
          back.owner() == ReplicasOwner.Cluster ? back.replicas() : null;
      case ReplicaIntent.HandOver handOver -> null;
      case ReplicaIntent.LeaveAlone alone -> null;
    };
  }

  private static Service gatewayService(EPDCluster cluster) {
    return new ServiceBuilder()
        .withMetadata(
            meta(
                cluster,
                Names.gatewayService(name(cluster)),
                Labels.ofPool(name(cluster), Role.GATEWAY)))
        .withNewSpec()
        .withSelector(Labels.roleSelector(name(cluster), Role.GATEWAY))
        .addNewPort()
        .withName("http")
        .withProtocol("TCP")
        .withPort(cluster.getSpec().gatewayOrDefault().portOrDefault())
        .withTargetPort(new IntOrString("http"))
        .endPort()
        .endSpec()
        .build();
  }

  private static Secret signingKey(EPDCluster cluster) {
    return new SecretBuilder()
        .withMetadata(
            meta(cluster, Names.signingKey(name(cluster)), Labels.ofCluster(name(cluster))))
        .withType("Opaque")
        .build();
  }

  static ObjectMeta meta(EPDCluster cluster, String name, Map<String, String> labels) {
    return new ObjectMetaBuilder()
        .withName(name)
        .withNamespace(cluster.getMetadata().getNamespace())
        .withLabels(labels)
        .withOwnerReferences(Owners.controller(cluster))
        .build();
  }

  static Optional<Problem> claimProblem(ClusterObservation seen) {
    var pvc = seen.cluster().getSpec().model().source().pvc();
    if (pvc == null) {
      return Optional.empty();
    }
    return switch (seen.claim()) {
      case MISSING ->
          Optional.of(
              new Problem(
                  Reason.ModelClaimMissing,
                  "PersistentVolumeClaim "
                      + pvc.claimName()
                      + " does not exist in this namespace: create it, or correct"
                      + " spec.model.source.pvc.claimName"));
      case UNBOUND ->
          Optional.of(
              new Problem(
                  Reason.ModelClaimNotBound,
                  "PersistentVolumeClaim "
                      + pvc.claimName()
                      + " is not bound to a volume yet: kubectl describe pvc "
                      + pvc.claimName()));
      case BOUND, UNKNOWN -> Optional.empty();
    };
  }

  private static @Nullable EPDPool existing(ClusterObservation seen, Role role) {
    String wanted = Names.pool(name(seen.cluster()), role);
    return seen.pools().stream()
        .filter(p -> p.getMetadata().getName().equals(wanted))
        .findFirst()
        .orElse(null);
  }

  static boolean isTaken(EPDCluster cluster, @Nullable ObjectMeta object) {
    return object != null && !Owners.controls(cluster, object);
  }

  private static Problem taken(String kind, ObjectMeta object) {
    return new Problem(
        Reason.NameConflict,
        kind
            + " "
            + object.getName()
            + " exists and does not belong to this cluster: delete or rename it, or give the"
            + " cluster another name");
  }

  private static Notice removed(EPDPool pool) {
    return Notice.normal(
        Reason.PoolDeleted,
        "removing pool "
            + pool.getMetadata().getName()
            + ": the spec has no "
            + pool.getSpec().role().value());
  }

  private static Notice handedOver(EPDPool pool, ReplicaIntent.HandOver handOver) {
    return Notice.normal(
        Reason.ReplicasHandedOver,
        "replicas of "
            + pool.getMetadata().getName()
            + " stays at "
            + handOver.replicas()
            + "; its owner is now "
            + handOver.to());
  }

  private static String changeHere(EPDCluster cluster, String field) {
    return "change spec." + field + " of EPDCluster " + name(cluster) + " instead";
  }

  private static String name(EPDCluster cluster) {
    return cluster.getMetadata().getName();
  }
}
