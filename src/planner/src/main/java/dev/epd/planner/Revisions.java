package dev.epd.planner;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.epd.api.v1alpha1.EPDPool;
import dev.epd.api.v1alpha1.EPDPoolSpec;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.PodTemplateSpec;
import io.fabric8.kubernetes.api.model.apps.ControllerRevision;
import io.fabric8.kubernetes.api.model.apps.ControllerRevisionBuilder;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import java.nio.charset.StandardCharsets;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The pod templates that were made of a pool's specs, one ControllerRevision each, named by a hash
 * of what the user may see of the pod. As long as that hash stands, the template that was made
 * first is used, whatever this version of the operator would make: a new operator rolls nothing by
 * itself. Deleting the ControllerRevision makes it render the template anew.
 */
final class Revisions {
  /** Older templates that are kept: a spec that is set back gets its old pods. */
  private static final int KEPT = 3;

  /**
   * What is no part of a pod: numbers, their owner and bounds, and how pods are replaced or
   * evicted.
   */
  private static final List<String> NOT_OF_THE_POD =
      List.of(
          "replicas",
          "replicasOwner",
          "autoscaling",
          "suspend",
          "maxReplicas",
          "rollout",
          "clusterRollout",
          "disruption");

  /** Where the shape is Kubernetes', for which an object that says nothing may say all. */
  private static final Set<String> KUBERNETES_OWN = Set.of("template", "affinity");

  private static final ObjectMapper JSON =
      JsonMapper.builder().enable(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS).build();

  private Revisions() {}

  /**
   * The template to use.
   *
   * @param toCreate the revision that must be kept before the template is used; empty: it exists
   * @param obsolete revisions beyond those that are kept
   */
  record Resolved(
      PodTemplateSpec template,
      Optional<ControllerRevision> toCreate,
      List<HasMetadata> obsolete) {}

  /** The hash of what the user may see of the pods of this pool, eight hex digits. */
  static String hash(EPDPool pool) {
    return hash(pool.getSpec());
  }

  static String hash(EPDPoolSpec of) {
    ObjectNode spec = JSON.valueToTree(of);
    spec.remove(NOT_OF_THE_POD);
    withoutEmpty(spec);
    try {
      byte[] sorted = JSON.writeValueAsBytes(JSON.treeToValue(spec, Map.class));
      return CompatibilityKey.hex8(new String(sorted, StandardCharsets.UTF_8));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("what was JSON is JSON", e);
    }
  }

  static Resolved resolve(PoolObservation seen, String hash, PodTemplateSpec rendered) {
    EPDPool pool = seen.pool();
    List<ControllerRevision> own =
        seen.revisions().stream().filter(r -> Owners.controls(pool, r.getMetadata())).toList();
    String name = name(pool, hash);
    Optional<ControllerRevision> kept =
        own.stream().filter(r -> r.getMetadata().getName().equals(name)).findFirst();
    Set<String> running = running(seen);
    List<HasMetadata> obsolete =
        own.stream()
            .filter(r -> !r.getMetadata().getName().equals(name))
            .filter(r -> !running.contains(r.getMetadata().getName()))
            .sorted(Comparator.comparing(ControllerRevision::getRevision).reversed())
            .skip(KEPT)
            .map(HasMetadata.class::cast)
            .toList();
    if (kept.isPresent()) {
      return new Resolved(template(kept.get()).orElse(rendered), Optional.empty(), obsolete);
    }
    PodTemplateSpec template = sameAs(rendered, own).orElse(rendered);
    return new Resolved(
        template, Optional.of(revision(pool, name, hash, template, next(own))), obsolete);
  }

  /** What pods are made of now, though the spec, perhaps refused since, says something else. */
  private static Set<String> running(PoolObservation seen) {
    return seen.deployments().stream()
        .filter(d -> Owners.controls(seen.pool(), d.getMetadata()))
        .map(Revisions::of)
        .filter(Objects::nonNull)
        .map(hash -> seen.pool().getMetadata().getName() + "-" + hash)
        .collect(Collectors.toSet());
  }

  /** The revision of a Deployment's template; null where it bears none. */
  static @Nullable String of(Deployment deployment) {
    PodTemplateSpec template = deployment.getSpec().getTemplate();
    return template == null || template.getMetadata() == null
        ? null
        : template.getMetadata().getLabels().get(Labels.REVISION);
  }

  /** A spec that says the same in other words makes the same pods: those that are there stay. */
  private static Optional<PodTemplateSpec> sameAs(
      PodTemplateSpec rendered, List<ControllerRevision> own) {
    JsonNode wanted = withoutRevision(rendered);
    return own.stream()
        .sorted(Comparator.comparing(ControllerRevision::getRevision).reversed())
        .flatMap(revision -> template(revision).stream())
        .filter(template -> withoutRevision(template).equals(wanted))
        .findFirst();
  }

  private static JsonNode withoutRevision(PodTemplateSpec template) {
    JsonNode tree = JSON.valueToTree(template);
    if (tree.at("/metadata/labels") instanceof ObjectNode labels) {
      labels.remove(Labels.REVISION);
    }
    return tree;
  }

  /** An object of ours that says nothing is as good as none. */
  private static void withoutEmpty(ObjectNode object) {
    for (Map.Entry<String, JsonNode> field : object.properties()) {
      if (!KUBERNETES_OWN.contains(field.getKey())) {
        withoutEmptyWithin(field.getValue());
      }
    }
    object.properties().removeIf(e -> e.getValue().isContainerNode() && e.getValue().isEmpty());
  }

  private static void withoutEmptyWithin(JsonNode node) {
    if (node instanceof ObjectNode object) {
      withoutEmpty(object);
    } else {
      node.forEach(Revisions::withoutEmptyWithin);
    }
  }

  private static long next(List<ControllerRevision> own) {
    return own.stream().mapToLong(ControllerRevision::getRevision).max().orElse(0) + 1;
  }

  private static String name(EPDPool pool, String hash) {
    return pool.getMetadata().getName() + "-" + hash;
  }

  /**
   * With its keys in order at every depth, as Kubernetes writes them. It compares the data of a
   * revision byte by byte: in another order any patch, such as that which takes its owner away when
   * a cluster is deleted without its children, would be refused as a change of the data.
   */
  static Map<?, ?> sorted(Object data) {
    try {
      String inOrder = JSON.writeValueAsString(JSON.convertValue(data, Map.class));
      return JSON.readValue(inOrder, Map.class);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("what was JSON is JSON", e);
    }
  }

  /** Shaped as StatefulSets and DaemonSets keep theirs: a patch of the workload. */
  private static ControllerRevision revision(
      EPDPool pool, String name, String hash, PodTemplateSpec template, long number) {
    Map<String, String> labels = new LinkedHashMap<>(PoolPlanner.poolLabels(pool));
    labels.put(Labels.REVISION, hash);
    Map<String, Object> data = new HashMap<>();
    data.put("spec", Map.of("template", sorted(template)));
    return new ControllerRevisionBuilder()
        .withMetadata(PoolPlanner.meta(pool, name, labels))
        .withRevision(number)
        .withData(data)
        .build();
  }

  private static Optional<PodTemplateSpec> template(ControllerRevision revision) {
    JsonNode data = JSON.valueToTree(revision.getData());
    JsonNode template = data.at("/spec/template");
    try {
      return template.isObject()
          ? Optional.of(JSON.treeToValue(template, PodTemplateSpec.class))
          : Optional.empty();
    } catch (JsonProcessingException e) {
      return Optional.empty();
    }
  }
}
