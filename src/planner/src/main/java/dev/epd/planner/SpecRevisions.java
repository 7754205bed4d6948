package dev.epd.planner;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.epd.api.v1alpha1.EPDCluster;
import io.fabric8.kubernetes.api.model.apps.ControllerRevision;
import io.fabric8.kubernetes.api.model.apps.ControllerRevisionBuilder;
import java.nio.charset.StandardCharsets;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/**
 * The specs that a cluster has had, as they were written, one ControllerRevision each: to roll back
 * is to write one of them again. Named by a hash of the spec, so that going back makes no new one.
 */
public final class SpecRevisions {
  /** As many as a Deployment keeps; the one in force comes on top. */
  private static final int KEPT = 10;

  private static final ObjectMapper JSON =
      JsonMapper.builder().enable(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS).build();

  private SpecRevisions() {}

  /** The name of the revision that holds the cluster's present spec. */
  public static String name(EPDCluster cluster) {
    try {
      byte[] sorted = JSON.writeValueAsBytes(spec(cluster));
      String hash = CompatibilityKey.hex8(new String(sorted, StandardCharsets.UTF_8));
      return cluster.getMetadata().getName() + "-spec-" + hash;
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("what was JSON is JSON", e);
    }
  }

  /** Labels by which a cluster's own revisions are found; those of its pools bear a role too. */
  public static Map<String, String> labels(EPDCluster cluster) {
    return Labels.ofCluster(cluster.getMetadata().getName());
  }

  /** The revision of the present spec, after those that exist. */
  public static ControllerRevision of(EPDCluster cluster, List<ControllerRevision> existing) {
    long number = existing.stream().mapToLong(ControllerRevision::getRevision).max().orElse(0) + 1;
    return new ControllerRevisionBuilder()
        .withMetadata(ClusterPlanner.meta(cluster, name(cluster), labels(cluster)))
        .withRevision(number)
        .withData(Map.of("spec", spec(cluster)))
        .build();
  }

  /** Whether the revision is of this cluster, and not of a deleted one of its name. */
  public static boolean belongsTo(EPDCluster cluster, ControllerRevision revision) {
    return Owners.controls(cluster, revision.getMetadata());
  }

  /**
   * Those beyond the number that is kept, oldest first to go; never the present one, nor the one
   * before it, which may be old and was gone back to.
   */
  public static List<ControllerRevision> obsolete(
      EPDCluster cluster, List<ControllerRevision> existing) {
    String before = cluster.getStatus() == null ? null : cluster.getStatus().revision();
    return existing.stream()
        .filter(r -> belongsTo(cluster, r))
        .filter(r -> !r.getMetadata().getName().equals(name(cluster)))
        .filter(r -> !r.getMetadata().getName().equals(before))
        .sorted(Comparator.comparing(ControllerRevision::getRevision).reversed())
        .skip(KEPT)
        .toList();
  }

  private static Map<?, ?> spec(EPDCluster cluster) {
    return Revisions.sorted(cluster.getSpec());
  }
}
