package dev.epd.operator.cluster;

import dev.epd.api.v1alpha1.Autoscaling;
import dev.epd.api.v1alpha1.EPDAutoscalingPolicy;
import dev.epd.api.v1alpha1.EPDCluster;
import dev.epd.api.v1alpha1.EPDPool;
import dev.epd.api.v1alpha1.Role;
import dev.epd.api.v1alpha1.RolePool;
import dev.epd.operator.kube.Applier;
import dev.epd.operator.kube.ChildSource;
import dev.epd.operator.kube.FirstLists;
import dev.epd.operator.kube.Informers;
import dev.epd.operator.kube.Unreadable;
import dev.epd.planner.ClaimState;
import dev.epd.planner.ClusterObservation;
import dev.epd.planner.Labels;
import dev.epd.planner.Names;
import dev.epd.planner.PolicyState;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServiceBuilder;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyBuilder;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import io.javaoperatorsdk.operator.api.reconciler.EventSourceContext;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import io.javaoperatorsdk.operator.processing.event.source.EventSource;
import io.javaoperatorsdk.operator.processing.event.source.IndexerResourceCache;
import io.javaoperatorsdk.operator.processing.event.source.SecondaryToPrimaryMapper;
import io.javaoperatorsdk.operator.processing.event.source.informer.InformerEventSource;
import io.javaoperatorsdk.operator.processing.event.source.informer.Mappers;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The informers around clusters, and one cluster's surroundings as they see them. */
final class ClusterSources {
  private static final String BY_CLUSTER = "cluster";
  private static final SecondaryToPrimaryMapper<HasMetadata> OWNERS =
      Mappers.fromOwnerReferences(EPDCluster.class);

  private final IndexerResourceCache<EPDCluster> clusters;
  final ChildSource<EPDPool, EPDCluster> pools;
  final ChildSource<Service, EPDCluster> services;
  final ChildSource<NetworkPolicy, EPDCluster> networkPolicies;
  private final InformerEventSource<EPDAutoscalingPolicy, EPDCluster> policies;
  private final InformerEventSource<PersistentVolumeClaim, EPDCluster> claims;
  private final FirstLists firstLists;

  ClusterSources(EventSourceContext<EPDCluster> context) {
    clusters = context.getPrimaryCache();
    pools =
        new ChildSource<>(
            Informers.compact(EPDPool.class, EPDPool::new, context)
                .withSecondaryToPrimaryMapper(ClusterSources::clustersOf)
                .build(),
            context);
    pools.addIndexers(
        Map.of(
            BY_CLUSTER,
            pool ->
                Unreadable.why(pool).isPresent()
                    ? clusterKey(pool)
                    : List.of(
                        key(
                            pool.getMetadata().getNamespace(),
                            pool.getSpec().clusterRef().name()))));
    services = owned(Service.class, Service::new, context);
    networkPolicies = owned(NetworkPolicy.class, NetworkPolicy::new, context);
    networkPolicies.addIndexers(Map.of(BY_CLUSTER, ClusterSources::clusterKey));
    policies =
        new InformerEventSource<>(
            Informers.of(EPDAutoscalingPolicy.class, context)
                .withSecondaryToPrimaryMapper(mentioning(ClusterSources::mentionsPolicy))
                .build(),
            context);
    claims =
        new InformerEventSource<>(
            Informers.compact(PersistentVolumeClaim.class, PersistentVolumeClaim::new, context)
                .withSecondaryToPrimaryMapper(mentioning(ClusterSources::mentionsClaim))
                .build(),
            context);
    firstLists = new FirstLists(all());
  }

  private static <R extends HasMetadata> ChildSource<R, EPDCluster> owned(
      Class<R> type, Supplier<R> blank, EventSourceContext<EPDCluster> context) {
    return new ChildSource<>(
        Informers.compact(type, blank, context)
            .withLabelSelector(Labels.MANAGED_BY + "=" + Labels.MANAGED_BY_VALUE)
            .withSecondaryToPrimaryMapper(ClusterSources::clustersOf)
            .build(),
        context);
  }

  /** The cluster that owns it, and the one that its labels name: it may just have lost either. */
  private static Set<ResourceID> clustersOf(HasMetadata object) {
    Set<ResourceID> clusters = new HashSet<>(OWNERS.toPrimaryResourceIDs(object));
    Map<String, String> labels = object.getMetadata().getLabels();
    String cluster = labels == null ? null : labels.get(Labels.CLUSTER);
    if (cluster != null) {
      clusters.add(new ResourceID(cluster, object.getMetadata().getNamespace()));
    }
    return clusters;
  }

  FirstLists firstLists() {
    return firstLists;
  }

  List<EventSource<?, EPDCluster>> all() {
    return List.of(pools, services, networkPolicies, policies, claims);
  }

  ClusterObservation observe(
      EPDCluster cluster, SigningKeys signingKeys, Context<EPDCluster> context) {
    String namespace = cluster.getMetadata().getNamespace();
    String name = cluster.getMetadata().getName();
    Service service =
        new ServiceBuilder()
            .withNewMetadata()
            .withNamespace(namespace)
            .withName(Names.gatewayService(name))
            .endMetadata()
            .build();
    return new ClusterObservation(
        cluster,
        pools(cluster),
        policies(cluster),
        claim(cluster),
        Applier.find(service, services, context).map(HasMetadata::getMetadata).orElse(null),
        networkPolicies(cluster, context),
        signingKeys.find(cluster));
  }

  /** Why nothing can be planned for the cluster: its spec, or that of one of its pools. */
  Optional<String> unreadable(EPDCluster cluster) {
    return Unreadable.why(cluster)
        .or(
            () ->
                pools(cluster).stream()
                    .flatMap(
                        pool ->
                            Unreadable.why(pool)
                                .map(why -> "EPDPool " + pool.getMetadata().getName() + ": " + why)
                                .stream())
                    .findFirst());
  }

  private static PolicyState state(EPDAutoscalingPolicy policy) {
    return Unreadable.why(policy).isPresent()
        ? PolicyState.UNREADABLE
        : PolicyState.of(policy.getSpec().modeOrDefault());
  }

  /**
   * The cluster's own pools and whatever else bears a wanted name, what was just written included.
   */
  List<EPDPool> pools(EPDCluster cluster) {
    String namespace = cluster.getMetadata().getNamespace();
    String name = cluster.getMetadata().getName();
    Map<String, EPDPool> found = new LinkedHashMap<>();
    for (EPDPool pool : pools.byIndex(BY_CLUSTER, key(namespace, name))) {
      found.put(pool.getMetadata().getName(), pool);
    }
    for (Role role : Role.values()) {
      String poolName = Names.pool(name, role);
      pools.get(new ResourceID(poolName, namespace)).ifPresent(p -> found.put(poolName, p));
    }
    return List.copyOf(found.values());
  }

  /** The cluster's own, and whatever else bears a name that it wants. */
  private List<NetworkPolicy> networkPolicies(EPDCluster cluster, Context<EPDCluster> context) {
    String namespace = cluster.getMetadata().getNamespace();
    String name = cluster.getMetadata().getName();
    Map<String, NetworkPolicy> found = new LinkedHashMap<>();
    networkPolicies
        .byIndex(BY_CLUSTER, key(namespace, name))
        .forEach(p -> found.put(p.getMetadata().getName(), p));
    if (cluster.getSpec().networkOrDefault().hasPolicies()) {
      for (Role role : cluster.getSpec().roles()) {
        String wanted = Names.pool(name, role);
        if (!found.containsKey(wanted)) {
          NetworkPolicy named =
              new NetworkPolicyBuilder()
                  .withNewMetadata()
                  .withNamespace(namespace)
                  .withName(wanted)
                  .endMetadata()
                  .build();
          Applier.find(named, networkPolicies, context).ifPresent(p -> found.put(wanted, p));
        }
      }
    }
    return List.copyOf(found.values());
  }

  private static List<String> clusterKey(HasMetadata object) {
    Map<String, String> labels = object.getMetadata().getLabels();
    String cluster = labels == null ? null : labels.get(Labels.CLUSTER);
    return cluster == null ? List.of() : List.of(key(object.getMetadata().getNamespace(), cluster));
  }

  private Map<String, PolicyState> policies(EPDCluster cluster) {
    String namespace = cluster.getMetadata().getNamespace();
    return policiesOf(cluster).stream()
        .flatMap(name -> policies.get(new ResourceID(name, namespace)).stream())
        .collect(Collectors.toMap(p -> p.getMetadata().getName(), ClusterSources::state));
  }

  private ClaimState claim(EPDCluster cluster) {
    String name = claimOf(cluster);
    if (name == null) {
      return ClaimState.UNKNOWN;
    }
    Optional<PersistentVolumeClaim> claim =
        claims.get(new ResourceID(name, cluster.getMetadata().getNamespace()));
    if (claim.isEmpty()) {
      return ClaimState.MISSING;
    }
    boolean bound =
        claim.get().getStatus() != null && "Bound".equals(claim.get().getStatus().getPhase());
    return bound ? ClaimState.BOUND : ClaimState.UNBOUND;
  }

  private <R extends HasMetadata> SecondaryToPrimaryMapper<R> mentioning(Mention mention) {
    return object -> {
      ObjectMeta meta = object.getMetadata();
      Predicate<EPDCluster> mentions = cluster -> mention.test(cluster, meta.getName());
      return clusters
          .list(meta.getNamespace(), mentions)
          .map(ResourceID::fromResource)
          .collect(Collectors.toSet());
    };
  }

  /** Whether a cluster's spec names an object. */
  private interface Mention {
    boolean test(EPDCluster cluster, String name);
  }

  private static boolean mentionsPolicy(EPDCluster cluster, String policy) {
    return Unreadable.why(cluster).isEmpty() && policiesOf(cluster).contains(policy);
  }

  private static boolean mentionsClaim(EPDCluster cluster, String claim) {
    return Unreadable.why(cluster).isEmpty() && Objects.equals(claimOf(cluster), claim);
  }

  private static Set<String> policiesOf(EPDCluster cluster) {
    Set<String> names = new HashSet<>();
    for (Role role : cluster.getSpec().roles()) {
      RolePool pool = cluster.getSpec().pool(role);
      Autoscaling autoscaling = pool == null ? null : pool.autoscaling();
      if (autoscaling != null && autoscaling.policyRef() != null) {
        names.add(autoscaling.policyRef().name());
      }
    }
    return names;
  }

  private static @Nullable String claimOf(EPDCluster cluster) {
    var pvc = cluster.getSpec().model().source().pvc();
    return pvc == null ? null : pvc.claimName();
  }

  private static String key(String namespace, String cluster) {
    return namespace + "/" + cluster;
  }
}
