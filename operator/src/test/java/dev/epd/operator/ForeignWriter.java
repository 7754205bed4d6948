package dev.epd.operator;

import static dev.epd.operator.OperatorWorld.admin;
import static dev.epd.operator.OperatorWorld.replicas;
import static dev.epd.operator.OperatorWorld.scalePath;
import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Somebody with fields of his own on a cluster's objects, which he edits one time after another.
 */
sealed interface ForeignWriter {
  ResourceDefinitionContext CLUSTERS = kind("epd.dev", "v1alpha1", "EPDCluster", "epdclusters");
  ResourceDefinitionContext POOLS = kind("epd.dev", "v1alpha1", "EPDPool", "epdpools");
  ResourceDefinitionContext DEPLOYMENTS = kind("apps", "v1", "Deployment", "deployments");
  ResourceDefinitionContext SERVICES = kind("", "v1", "Service", "services");

  /** No writer edits more than so many objects, in turn. */
  int OBJECTS = 3;

  /** Returns when the API server has acknowledged it. */
  void edit(int number);

  /** What is not as the edit of this number, the last one, left it. */
  List<String> lost(int number);

  /** Patches of the cluster as people make them, of a field that has an owner here among them. */
  record Kubectl(String ns) implements ForeignWriter {
    private static int port(int n) {
      return 8000 + n % 2;
    }

    @Override
    public void edit(int n) {
      String patch =
          """
          {"metadata":{"annotations":{"team/note":"%1$d"},"labels":{"team/step":"%1$d"}},
           "spec":{"gateway":{"port":%2$d}}}
          """
              .formatted(n, port(n));
      object(CLUSTERS, ns, "one").patch(PatchContext.of(PatchType.JSON_MERGE), patch);
    }

    @Override
    public List<String> lost(int n) {
      JsonNode cluster = tree(CLUSTERS, ns, "one");
      String found =
          "%s %s %d"
              .formatted(
                  cluster.at("/metadata/annotations/team~1note").asText(),
                  cluster.at("/metadata/labels/team~1step").asText(),
                  cluster.at("/spec/gateway/port").asInt());
      String wanted = "%1$d %1$d %2$d".formatted(n, port(n));
      return found.equals(wanted)
          ? List.of()
          : List.of("edit %d: note, label and port are %s".formatted(n, found));
    }
  }

  /** As a HorizontalPodAutoscaler: the number of a pool that nobody in the spec owns. */
  record Scaler(String ns) implements ForeignWriter {
    private static int number(int n) {
      return n % 4 + 1;
    }

    @Override
    public void edit(int n) {
      admin.raw(
          scalePath(ns, "encoder"),
          "PUT",
          """
          {"apiVersion":"autoscaling/v1","kind":"Scale",
           "metadata":{"name":"one-encoder","namespace":"%s"},"spec":{"replicas":%d}}
          """
              .formatted(ns, number(n)));
    }

    @Override
    public List<String> lost(int n) {
      int now = replicas(ns, "encoder");
      return now == number(n) ? List.of() : List.of("edit %d: replicas is %d".formatted(n, now));
    }
  }

  /** Own labels, annotations and fields of the pods on objects that the operator made, in turn. */
  record Applier(String ns, String deployment) implements ForeignWriter {
    @Override
    public void edit(int n) {
      switch (n % OBJECTS) {
        case 0 -> apply(DEPLOYMENTS, deployment, n, Map.of("spec", rolled(n)));
        case 1 -> apply(POOLS, "one-prefill", n, Map.of());
        default -> apply(SERVICES, "one-gateway", n, Map.of());
      }
    }

    private Map<String, Object> rolled(int n) {
      return Map.of(
          "template", Map.of("metadata", Map.of("annotations", Map.of("user/rolled", roll(n)))));
    }

    /** A change of the pods now and then only: each is a rollout. */
    private static String roll(int n) {
      return Integer.toString(n / 60);
    }

    private void apply(
        ResourceDefinitionContext kind, String object, int n, Map<String, Object> more) {
      Map<String, Object> intent = new HashMap<>(more);
      intent.put("apiVersion", apiVersion(kind));
      intent.put("kind", requireNonNull(kind.getKind()));
      intent.put(
          "metadata",
          Map.of(
              "name",
              object,
              "namespace",
              ns,
              "labels",
              Map.of("user/step", Integer.toString(n)),
              "annotations",
              Map.of("user/note", "note " + n)));
      admin
          .genericKubernetesResources(kind)
          .inNamespace(ns)
          .resource(
              Serialization.jsonMapper().convertValue(intent, GenericKubernetesResource.class))
          .fieldManager("somebody")
          .serverSideApply();
    }

    @Override
    public List<String> lost(int n) {
      JsonNode pods = tree(DEPLOYMENTS, ns, deployment);
      int ofPods = last(n, 0);
      List<String> lost = new ArrayList<>();
      step(lost, pods, "Deployment", ofPods);
      step(lost, tree(POOLS, ns, "one-prefill"), "pool", last(n, 1));
      step(lost, tree(SERVICES, ns, "one-gateway"), "Service", last(n, 2));
      String rolled = pods.at("/spec/template/metadata/annotations/user~1rolled").asText();
      if (!rolled.equals(roll(ofPods))) {
        lost.add("edit %d: annotation of the pods is '%s'".formatted(ofPods, rolled));
      }
      return lost;
    }

    private static void step(List<String> lost, JsonNode object, String what, int n) {
      String label = object.at("/metadata/labels/user~1step").asText();
      String note = object.at("/metadata/annotations/user~1note").asText();
      if (!label.equals(Integer.toString(n)) || !note.equals("note " + n)) {
        lost.add("edit %d: %s has label '%s' and note '%s'".formatted(n, what, label, note));
      }
    }

    /** The last edit up to n that went to one of the three objects. */
    private static int last(int n, int object) {
      return n - Math.floorMod(n - object, OBJECTS);
    }
  }

  private static JsonNode tree(ResourceDefinitionContext kind, String ns, String name) {
    return Serialization.jsonMapper().valueToTree(object(kind, ns, name).get());
  }

  private static Resource<GenericKubernetesResource> object(
      ResourceDefinitionContext kind, String ns, String name) {
    return admin.genericKubernetesResources(kind).inNamespace(ns).withName(name);
  }

  private static String apiVersion(ResourceDefinitionContext kind) {
    return kind.getGroup().isEmpty()
        ? kind.getVersion()
        : kind.getGroup() + "/" + kind.getVersion();
  }

  private static ResourceDefinitionContext kind(
      String group, String version, String kind, String plural) {
    return new ResourceDefinitionContext.Builder()
        .withGroup(group)
        .withVersion(version)
        .withKind(kind)
        .withPlural(plural)
        .withNamespaced(true)
        .build();
  }
}
