package dev.epd.operator.faults;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** What is left of an owner that is gone: the garbage collector's, if it will ever be anybody's. */
final class Orphans {
  private Orphans() {}

  /** By kind and name, of the kinds that a snapshot holds. */
  static List<String> in(String namespace, KubernetesClient client) {
    List<GenericKubernetesResource> all = new ArrayList<>();
    for (ResourceDefinitionContext kind : Snapshot.KINDS) {
      all.addAll(client.genericKubernetesResources(kind).inNamespace(namespace).list().getItems());
    }
    Set<String> there = new HashSet<>();
    all.forEach(object -> there.add(object.getMetadata().getUid()));
    return all.stream()
        .filter(
            object ->
                object.getMetadata().getOwnerReferences().stream()
                    .anyMatch(owner -> !there.contains(owner.getUid())))
        .map(object -> object.getKind() + " " + object.getMetadata().getName())
        .toList();
  }
}
