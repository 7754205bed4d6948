package dev.epd.operator.pool;

import dev.epd.api.v1alpha1.EPDAutoscalingPolicy;
import dev.epd.api.v1alpha1.EPDCluster;
import dev.epd.api.v1alpha1.EPDPool;
import dev.epd.api.v1alpha1.Role;
import dev.epd.operator.autoscaling.PoolView;
import dev.epd.operator.autoscaling.RefusalReader;
import dev.epd.operator.kube.Applier;
import dev.epd.operator.kube.Applier.Outcome;
import dev.epd.operator.kube.ChildSource;
import dev.epd.operator.kube.FirstLists;
import dev.epd.operator.kube.Informers;
import dev.epd.operator.kube.Unreadable;
import dev.epd.planner.Labels;
import dev.epd.planner.Names;
import dev.epd.planner.PoolObservation;
import dev.epd.planner.PoolPlanner;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.ServiceAccount;
import io.fabric8.kubernetes.api.model.apps.ControllerRevision;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.DeploymentBuilder;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import io.fabric8.kubernetes.api.model.rbac.RoleBinding;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.javaoperatorsdk.operator.api.config.informer.InformerEventSourceConfiguration;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import io.javaoperatorsdk.operator.api.reconciler.EventSourceContext;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import io.javaoperatorsdk.operator.processing.event.source.EventSource;
import io.javaoperatorsdk.operator.processing.event.source.IndexerResourceCache;
import io.javaoperatorsdk.operator.processing.event.source.SecondaryToPrimaryMapper;
import io.javaoperatorsdk.operator.processing.event.source.informer.InformerEventSource;
import io.javaoperatorsdk.operator.processing.event.source.informer.Mappers;
import java.net.HttpURLConnection;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/** The informers around pools; also what the scaling loop sees of the API server. */
final class PoolSources implements PoolView {
  private static final String BY_ROLE = "role";
  private static final Set<Role> ROLES = EnumSet.allOf(Role.class);
  private static final SecondaryToPrimaryMapper<HasMetadata> OWNERS =
      Mappers.fromOwnerReferences(EPDPool.class);
  private static final String OURS = Labels.MANAGED_BY + "=" + Labels.MANAGED_BY_VALUE;

  private final IndexerResourceCache<EPDPool> pools;
  private final ChildSource<Deployment, EPDPool> deployments;
  private final ChildSource<ServiceAccount, EPDPool> accounts;
  private final ChildSource<io.fabric8.kubernetes.api.model.rbac.Role, EPDPool> roles;
  private final ChildSource<RoleBinding, EPDPool> bindings;
  private final ChildSource<PodDisruptionBudget, EPDPool> budgets;
  private final ChildSource<ControllerRevision, EPDPool> revisions;
  private final ChildSource<Pod, EPDPool> pods;
  private final InformerEventSource<EPDAutoscalingPolicy, EPDPool> policies;
  private final InformerEventSource<EPDCluster, EPDPool> clusters;
  private final FirstLists firstLists;
  private final RefusalWatch refusals;

  PoolSources(EventSourceContext<EPDPool> context, DrainWatch drains, RefusalReader reader) {
    pools = context.getPrimaryCache();
    deployments =
        new ChildSource<>(
            Informers.compact(Deployment.class, Deployment::new, context)
                .withLabelSelector(OURS)
                .withSecondaryToPrimaryMapper(PoolSources::poolsThatLookAt)
                .build(),
            context);
    accounts = owned(ServiceAccount.class, ServiceAccount::new, context);
    roles =
        owned(
            io.fabric8.kubernetes.api.model.rbac.Role.class,
            io.fabric8.kubernetes.api.model.rbac.Role::new,
            context);
    bindings = owned(RoleBinding.class, RoleBinding::new, context);
    revisions = owned(ControllerRevision.class, ControllerRevision::new, context);
    budgets = owned(PodDisruptionBudget.class, PodDisruptionBudget::new, context);
    pods =
        new ChildSource<>(
            Informers.trimmed(Pod.class, PoolSources::trimmed, context)
                .withLabelSelector(Labels.CLUSTER)
                .withSecondaryToPrimaryMapper(PoolSources::poolsThatLookAt)
                // Filters nothing: the one place that sees every pod as it was last.
                .withOnDeleteFilter(
                    (pod, unknown) -> {
                      drains.ended(pod, poolOf(pod));
                      return true;
                    })
                .build(),
            context);
    policies = readByTheLoop(Informers.of(EPDAutoscalingPolicy.class, context), context);
    clusters =
        readByTheLoop(Informers.trimmed(EPDCluster.class, PoolSources::trimmed, context), context);
    firstLists = new FirstLists(all());
    refusals = new RefusalWatch(reader, this);
    revisions.addIndexers(Map.of(BY_ROLE, PoolSources::roleKey));
    deployments.addIndexers(Map.of(BY_ROLE, PoolSources::roleKey));
    pods.addIndexers(Map.of(BY_ROLE, PoolSources::roleKey));
  }

  private static <R extends HasMetadata> ChildSource<R, EPDPool> owned(
      Class<R> type, Supplier<R> blank, EventSourceContext<EPDPool> context) {
    return new ChildSource<>(
        Informers.compact(type, blank, context)
            .withLabelSelector(OURS)
            .withSecondaryToPrimaryMapper(PoolSources::poolsOf)
            .build(),
        context);
  }

  /** A change changes nothing that a reconcile would do; the scaling loop looks by itself. */
  private static <R extends HasMetadata> InformerEventSource<R, EPDPool> readByTheLoop(
      InformerEventSourceConfiguration.Builder<R> informer, EventSourceContext<EPDPool> context) {
    return new InformerEventSource<>(
        informer.withSecondaryToPrimaryMapper(object -> Set.of()).build(), context);
  }

  /** Of a cluster only the ratios are read here, which few have: the others' specs are left out. */
  private static EPDCluster trimmed(EPDCluster cluster) {
    EPDCluster trimmed = new EPDCluster();
    trimmed.setMetadata(
        new ObjectMetaBuilder()
            .withNamespace(cluster.getMetadata().getNamespace())
            .withName(cluster.getMetadata().getName())
            .withUid(cluster.getMetadata().getUid())
            .withResourceVersion(cluster.getMetadata().getResourceVersion())
            .build());
    if (Unreadable.why(cluster).isEmpty() && !cluster.getSpec().ratios().isEmpty()) {
      trimmed.setSpec(cluster.getSpec());
    }
    return trimmed;
  }

  /** Of a pod's spec only the node is read, and nobody asks who wrote which field. */
  private static Pod trimmed(Pod pod) {
    return new PodBuilder()
        .withMetadata(new ObjectMetaBuilder(pod.getMetadata()).withManagedFields().build())
        .withNewSpec()
        .withNodeName(pod.getSpec().getNodeName())
        .endSpec()
        .withStatus(pod.getStatus())
        .build();
  }

  /** The pool that owns it, and the one that its labels name: it may just have lost either. */
  private static Set<ResourceID> poolsOf(HasMetadata object) {
    Set<ResourceID> all = new HashSet<>(OWNERS.toPrimaryResourceIDs(object));
    Map<String, String> labels = object.getMetadata().getLabels();
    if (labels != null && labels.containsKey(Labels.CLUSTER) && labels.containsKey(Labels.ROLE)) {
      all.add(
          new ResourceID(
              labels.get(Labels.CLUSTER) + "-" + labels.get(Labels.ROLE),
              object.getMetadata().getNamespace()));
    }
    return all;
  }

  private Optional<EPDPool> poolOf(Pod pod) {
    Map<String, String> labels = pod.getMetadata().getLabels();
    return pool(
        pod.getMetadata().getNamespace(),
        labels.get(Labels.CLUSTER) + "-" + labels.get(Labels.ROLE));
  }

  FirstLists firstLists() {
    return firstLists;
  }

  RefusalWatch refusals() {
    return refusals;
  }

  /** The informers. */
  List<EventSource<?, EPDPool>> all() {
    return List.of(
        deployments, accounts, roles, bindings, revisions, budgets, pods, policies, clusters);
  }

  PoolObservation observe(EPDPool pool, Context<EPDPool> context, Instant now) {
    String namespace = pool.getMetadata().getNamespace();
    String cluster = pool.getSpec().clusterRef().name();
    Role role = pool.getSpec().role();
    List<Deployment> found =
        new ArrayList<>(deployments.byIndex(BY_ROLE, key(namespace, cluster, role.value())));
    String wanted = PoolPlanner.deploymentName(pool);
    if (found.stream().noneMatch(d -> d.getMetadata().getName().equals(wanted))) {
      Deployment named =
          new DeploymentBuilder()
              .withNewMetadata()
              .withNamespace(namespace)
              .withName(wanted)
              .endMetadata()
              .build();
      Applier.find(named, deployments, context).ifPresent(found::add);
    }
    return new PoolObservation(
        pool,
        found,
        pods(namespace, cluster, role),
        budgets.get(new ResourceID(pool.getMetadata().getName(), namespace)),
        revisions.byIndex(BY_ROLE, key(namespace, cluster, role.value())),
        ROLES.stream()
            .filter(other -> other != role)
            .flatMap(
                other ->
                    deployments.byIndex(BY_ROLE, key(namespace, cluster, other.value())).stream())
            .toList(),
        pods(namespace, cluster, Role.GATEWAY),
        refusals.of(pool),
        now);
  }

  Outcome apply(HasMetadata object, Context<EPDPool> context) {
    return switch (object) {
      case Deployment d -> Applier.applySeen(d, deployments, context);
      case ServiceAccount a -> Applier.apply(a, accounts, context);
      case io.fabric8.kubernetes.api.model.rbac.Role r -> Applier.apply(r, roles, context);
      case PodDisruptionBudget b -> Applier.apply(b, budgets, context);
      case RoleBinding b -> Applier.apply(b, bindings, context);
      default ->
          throw new IllegalArgumentException(
              "no informer holds " + object.getKind() + "; add one before planning it");
    };
  }

  /** Keeps a template that is used for the first time; one of that name that is there is kept. */
  static Outcome create(ControllerRevision revision, Context<EPDPool> context) {
    try {
      context.getClient().resource(revision).create();
      return Outcome.CREATED;
    } catch (KubernetesClientException e) {
      if (e.getCode() != HttpURLConnection.HTTP_CONFLICT) {
        throw e;
      }
      ControllerRevision live = context.getClient().resource(revision).get();
      return live == null || Applier.isControlledBy(live, context.getPrimaryResource())
          ? Outcome.UNCHANGED
          : Outcome.FOREIGN;
    }
  }

  @Override
  public Optional<EPDPool> pool(String namespace, String name) {
    return pools
        .get(new ResourceID(name, namespace))
        .filter(pool -> Unreadable.why(pool).isEmpty());
  }

  @Override
  public Optional<EPDCluster> cluster(String namespace, String name) {
    return clusters
        .get(new ResourceID(name, namespace))
        .filter(cluster -> cluster.getSpec() != null);
  }

  @Override
  public Optional<EPDAutoscalingPolicy> policy(String namespace, String name) {
    return policies.get(new ResourceID(name, namespace));
  }

  @Override
  public List<Pod> pods(String namespace, String cluster, Role role) {
    return pods.byIndex(BY_ROLE, key(namespace, cluster, role.value()));
  }

  /**
   * The object's own pool; the gateway's, which waits for the others' Deployments; and all of them
   * for a gateway's object, since nobody's old pods may go before the old gateway has.
   */
  private static Set<ResourceID> poolsThatLookAt(HasMetadata object) {
    Map<String, String> labels =
        Optional.ofNullable(object.getMetadata().getLabels()).orElse(Map.of());
    String cluster = labels.get(Labels.CLUSTER);
    String role = labels.get(Labels.ROLE);
    if (cluster == null || role == null) {
      return Set.of();
    }
    String namespace = object.getMetadata().getNamespace();
    if (role.equals(Role.GATEWAY.value())) {
      return ROLES.stream()
          .map(r -> new ResourceID(Names.pool(cluster, r), namespace))
          .collect(Collectors.toSet());
    }
    ResourceID own = new ResourceID(cluster + "-" + role, namespace);
    return object instanceof Deployment
        ? Set.of(own, new ResourceID(Names.pool(cluster, Role.GATEWAY), namespace))
        : Set.of(own);
  }

  private static List<String> roleKey(HasMetadata object) {
    Map<String, String> labels = object.getMetadata().getLabels();
    if (labels == null || !labels.containsKey(Labels.CLUSTER) || !labels.containsKey(Labels.ROLE)) {
      return List.of();
    }
    return List.of(
        key(
            object.getMetadata().getNamespace(),
            labels.get(Labels.CLUSTER),
            labels.get(Labels.ROLE)));
  }

  private static String key(String namespace, String cluster, String role) {
    return namespace + "/" + cluster + "/" + role;
  }
}
