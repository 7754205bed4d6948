package dev.epd.gateway.endpoints.kubernetes;

import dev.epd.contract.Ports;
import dev.epd.contract.Role;
import dev.epd.gateway.endpoints.Endpoint;
import dev.epd.gateway.endpoints.EndpointSource;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Watches the pods of one cluster: label {@code epd.dev/cluster}, role and compatibility key from
 * labels too, readiness from the pod's condition. Needs get, list and watch on pods in its
 * namespace. The client stays the caller's.
 */
public final class PodEndpointSource implements EndpointSource {
  private static final Logger log = LoggerFactory.getLogger(PodEndpointSource.class);
  private static final String CLUSTER = "epd.dev/cluster";
  private static final String ROLE = "epd.dev/role";
  private static final String COMPATIBILITY_KEY = "epd.dev/compatibility-key";

  /** On a pod that a smaller pool is to lose; it has not been told to stop yet. */
  private static final String NO_NEW_WORK = "epd.dev/no-new-work";

  private final KubernetesClient client;
  private final String namespace;
  private final String cluster;
  private final Optional<String> compatibilityKey;
  private final Object listenerLock = new Object();
  private volatile @Nullable SharedIndexInformer<Pod> informer;

  /**
   * @param compatibilityKey pods of other keys do not exist for this gateway, so that no request
   *     ever crosses from one set to another; empty: any key
   */
  public PodEndpointSource(
      KubernetesClient client,
      String namespace,
      String cluster,
      Optional<String> compatibilityKey) {
    this.client = client;
    this.namespace = namespace;
    this.cluster = cluster;
    this.compatibilityKey = compatibilityKey;
  }

  @Override
  public void start(Consumer<Collection<Endpoint>> listener) {
    SharedIndexInformer<Pod> pods =
        client.pods().inNamespace(namespace).withLabels(labels()).runnableInformer(60_000);
    // The API server may be away for longer than any patience: keep trying, keep the last known
    // set.
    pods.exceptionHandler(
        (started, failure) -> {
          log.warn("watching pods failed, trying again: {}", failure.getMessage());
          return true;
        });
    pods.addEventHandler(
        new ResourceEventHandler<>() {
          @Override
          public void onAdd(Pod pod) {
            tell(pods, listener);
          }

          @Override
          public void onUpdate(Pod before, Pod after) {
            tell(pods, listener);
          }

          @Override
          public void onDelete(Pod pod, boolean finalStateUnknown) {
            tell(pods, listener);
          }

          @Override
          public void onNothing() {
            tell(pods, listener);
          }
        });
    informer = pods;
    var unused =
        pods.start()
            .whenComplete(
                (ok, failure) -> {
                  if (failure == null) {
                    tell(pods, listener);
                  } else {
                    log.error("watching pods cannot start", failure);
                  }
                });
  }

  private Map<String, String> labels() {
    Map<String, String> labels = new HashMap<>(Map.of(CLUSTER, cluster));
    compatibilityKey.ifPresent(key -> labels.put(COMPATIBILITY_KEY, key));
    return labels;
  }

  private void tell(SharedIndexInformer<Pod> pods, Consumer<Collection<Endpoint>> listener) {
    if (!pods.hasSynced()) {
      return; // half a list would look as if pods had gone
    }
    synchronized (listenerLock) {
      listener.accept(endpointsOf(pods.getStore().list()));
    }
  }

  /**
   * A pod that is marked gets no new work, unless all of its role that could take some are marked:
   * marks whose writer has died must not cost the service.
   */
  static List<Endpoint> endpointsOf(Collection<Pod> pods) {
    var endpoints = new ArrayList<Endpoint>();
    var marked = new HashSet<String>();
    for (Pod pod : pods) {
      endpointOf(pod).ifPresent(endpoints::add);
      var annotations = pod.getMetadata().getAnnotations();
      if (annotations != null && annotations.containsKey(NO_NEW_WORK)) {
        marked.add(pod.getMetadata().getName());
      }
    }
    Set<Role> served = EnumSet.noneOf(Role.class);
    for (Endpoint endpoint : endpoints) {
      if (endpoint.usable() && !marked.contains(endpoint.podName())) {
        served.add(endpoint.role());
      }
    }
    endpoints.replaceAll(
        e -> marked.contains(e.podName()) && served.contains(e.role()) ? e.leaving() : e);
    return List.copyOf(endpoints);
  }

  /** Empty for pods that run no stage (the gateway's own) or carry no known role. */
  static Optional<Endpoint> endpointOf(Pod pod) {
    Map<String, String> labels =
        Optional.ofNullable(pod.getMetadata().getLabels()).orElse(Map.of());
    Role role;
    try {
      role = Role.of(labels.getOrDefault(ROLE, ""));
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
    if (role == Role.GATEWAY) {
      return Optional.empty();
    }
    var status = pod.getStatus();
    String host = status == null || status.getPodIP() == null ? "" : status.getPodIP();
    boolean ready =
        status != null
            && Optional.ofNullable(status.getConditions()).orElse(List.of()).stream()
                .anyMatch(c -> "Ready".equals(c.getType()) && "True".equals(c.getStatus()));
    return Optional.of(
        new Endpoint(
            role,
            pod.getMetadata().getName(),
            host,
            Ports.CONTROL,
            Ports.TRANSFER,
            ready,
            pod.getMetadata().getDeletionTimestamp() != null,
            labels.getOrDefault(COMPATIBILITY_KEY, "")));
  }

  @Override
  public void close() {
    SharedIndexInformer<Pod> pods = informer;
    if (pods != null) {
      pods.close();
    }
  }
}
