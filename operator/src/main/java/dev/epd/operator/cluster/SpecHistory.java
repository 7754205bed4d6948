package dev.epd.operator.cluster;

import dev.epd.api.v1alpha1.EPDCluster;
import dev.epd.api.v1alpha1.Reason;
import dev.epd.operator.kube.Refusal;
import dev.epd.planner.Labels;
import dev.epd.planner.Problem;
import dev.epd.planner.SpecRevisions;
import io.fabric8.kubernetes.api.model.apps.ControllerRevision;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.net.HttpURLConnection;
import java.util.List;
import java.util.Optional;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Keeps each spec of a cluster once. Which one was kept last stands in the status, so that nothing
 * is asked or written while the spec stays the same.
 */
final class SpecHistory {
  private static final Logger LOG = Logger.getLogger(SpecHistory.class);

  private final KubernetesClient client;

  SpecHistory(KubernetesClient client) {
    this.client = client;
  }

  /**
   * @param revision the name of the revision that was kept last
   * @param problem what the API server said to the one that the spec needs
   */
  record Kept(@Nullable String revision, Optional<Problem> problem) {}

  /**
   * Keeps the cluster's spec if it is not kept yet; what failed is tried again at the next look.
   */
  Kept keep(EPDCluster cluster) {
    String name = SpecRevisions.name(cluster);
    String before = cluster.getStatus() == null ? null : cluster.getStatus().revision();
    if (name.equals(before)) {
      return new Kept(before, Optional.empty());
    }
    ControllerRevision wanted = SpecRevisions.of(cluster, List.of());
    try {
      List<ControllerRevision> existing = existing(cluster);
      // First, so that a quota that is full of them has room.
      SpecRevisions.obsolete(cluster, existing).forEach(this::delete);
      if (existing.stream().noneMatch(r -> r.getMetadata().getName().equals(name))) {
        wanted = SpecRevisions.of(cluster, existing);
        client.resource(wanted).create();
      }
      return new Kept(name, Optional.empty());
    } catch (KubernetesClientException e) {
      LOG.warnf("the spec of %s was not kept: %s", cluster.getMetadata().getName(), e.getMessage());
      return new Kept(
          before,
          e.getCode() == HttpURLConnection.HTTP_CONFLICT
              ? conflict(wanted)
              : Refusal.of(e, wanted));
    }
  }

  /** One that may not go is in nobody's way. */
  private void delete(ControllerRevision obsolete) {
    try {
      client.resource(obsolete).delete();
    } catch (KubernetesClientException e) {
      LOG.warnf("%s was not deleted: %s", obsolete.getMetadata().getName(), e.getMessage());
    }
  }

  /** One that has an owner is of a deleted cluster of the name, and will be gone soon. */
  private Optional<Problem> conflict(ControllerRevision wanted) {
    try {
      ControllerRevision live = client.resource(wanted).get();
      return live == null || !live.getMetadata().getOwnerReferences().isEmpty()
          ? Optional.empty()
          : Optional.of(
              new Problem(
                  Reason.NameConflict,
                  "ControllerRevision %s exists and does not belong to this cluster: delete or rename it"
                      .formatted(live.getMetadata().getName())));
    } catch (KubernetesClientException e) {
      return Optional.empty();
    }
  }

  private List<ControllerRevision> existing(EPDCluster cluster) {
    return client
        .apps()
        .controllerRevisions()
        .inNamespace(cluster.getMetadata().getNamespace())
        .withLabels(SpecRevisions.labels(cluster))
        .withoutLabel(Labels.ROLE)
        .list()
        .getItems()
        .stream()
        .filter(revision -> SpecRevisions.belongsTo(cluster, revision))
        .toList();
  }
}
