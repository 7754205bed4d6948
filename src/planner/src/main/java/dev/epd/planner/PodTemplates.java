package dev.epd.planner;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.epd.api.v1alpha1.EPDPool;
import dev.epd.api.v1alpha1.EPDPoolSpec;
import dev.epd.api.v1alpha1.HuggingFaceSource;
import dev.epd.api.v1alpha1.ImageModelSource;
import dev.epd.api.v1alpha1.ModelSource;
import dev.epd.api.v1alpha1.PoolGateway;
import dev.epd.api.v1alpha1.PvcSource;
import dev.epd.api.v1alpha1.Reason;
import dev.epd.api.v1alpha1.Role;
import dev.epd.api.v1alpha1.Runtime;
import io.fabric8.kubernetes.api.model.LocalObjectReference;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.PodSpecBuilder;
import io.fabric8.kubernetes.api.model.PodTemplateSpec;
import io.fabric8.kubernetes.api.model.PodTemplateSpecBuilder;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.VolumeBuilder;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The pod of a pool: the operator's part, with the user's template merged onto it. */
final class PodTemplates {
  /** The runtime's container; templates refer to it by this name. */
  static final String MAIN = "main";

  static final String VOLUME_MODELS = "models";
  static final String VOLUME_SIGNING_KEY = "signing-key";
  static final String VOLUME_API_KEYS = "api-keys";
  static final String VOLUME_TMP = "tmp";

  static final String MODELS = "/models";
  static final String SIGNING_KEY = "/etc/epd/signing-key";
  static final String API_KEYS = "/etc/epd/api-keys";

  /** What a pod gets beyond its drain time before it is killed. */
  static final long GRACE_MARGIN_SECONDS = 15;

  /** Without it the cluster autoscaler keeps every node that has such a pod. */
  private static final String NOTHING_TO_KEEP =
      "cluster-autoscaler.kubernetes.io/safe-to-evict-local-volumes";

  /** Any non-root user does; the same number everywhere keeps volumes readable. */
  private static final long USER = 65532;

  private static final ObjectMapper JSON = new ObjectMapper();

  private PodTemplates() {}

  /** Either a template or why there can be none. */
  sealed interface Result {
    record Ok(PodTemplateSpec template) implements Result {}

    record Refused(Problem problem) implements Result {}
  }

  static Result of(EPDPool pool, String key, String revision) {
    ObjectNode own = JSON.valueToTree(base(pool, key, revision));
    PodPlacement.setAffinity((ObjectNode) own.path("spec"), pool.getSpec());
    ObjectNode template = pool.getSpec().template();
    if (template != null) {
      var problem = TemplatePolicy.check(template);
      if (problem.isPresent()) {
        return new Result.Refused(problem.get());
      }
      own = StrategicMerge.merge(own, template);
    }
    restrictOthers(own.path("spec"));
    try {
      return new Result.Ok(JSON.treeToValue(own, PodTemplateSpec.class));
    } catch (JsonProcessingException e) {
      return new Result.Refused(
          new Problem(
              Reason.SpecInvalid,
              "template is not a pod template"
                  + path(e)
                  + ": "
                  + firstLine(e.getOriginalMessage())));
    }
  }

  /** Where in the pod's template, affinity included, the value stands that has the wrong shape. */
  private static String path(JsonProcessingException failure) {
    if (!(failure instanceof JsonMappingException mapping) || mapping.getPath().isEmpty()) {
      return "";
    }
    StringBuilder path = new StringBuilder(" at ");
    for (JsonMappingException.Reference part : mapping.getPath()) {
      if (part.getFieldName() == null) {
        path.append('[').append(part.getIndex()).append(']');
      } else {
        path.append(path.length() > 4 ? "." : "").append(part.getFieldName());
      }
    }
    return path.toString();
  }

  private static String firstLine(String text) {
    return text.lines().findFirst().orElse("");
  }

  /** Containers that a template adds get the same confinement, unless they say it themselves. */
  private static void restrictOthers(JsonNode spec) {
    ObjectNode confined = JSON.valueToTree(MainContainer.confined());
    for (String list : List.of("containers", "initContainers")) {
      if (spec.path(list) instanceof ArrayNode containers) {
        for (JsonNode node : containers) {
          if (node instanceof ObjectNode container
              && !container.path("name").asText().equals(MAIN)) {
            JsonNode own = container.path("securityContext");
            container.set(
                "securityContext",
                own instanceof ObjectNode o ? StrategicMerge.merge(confined, o) : confined);
          }
        }
      }
    }
  }

  private static PodTemplateSpec base(EPDPool pool, String key, String revision) {
    EPDPoolSpec spec = pool.getSpec();
    return new PodTemplateSpecBuilder()
        .withMetadata(
            new ObjectMetaBuilder()
                .withLabels(Labels.ofPods(spec.clusterRef().name(), spec.role(), key))
                .addToLabels(Labels.REVISION, revision)
                .addToAnnotations("kubectl.kubernetes.io/default-container", MAIN)
                .addToAnnotations(NOTHING_TO_KEEP, scratch(spec))
                .build())
        .withSpec(podSpec(pool))
        .build();
  }

  /** Of the volumes, those on the node's disk: what is in them may go with the pod. */
  private static String scratch(EPDPoolSpec spec) {
    return spec.model().source().huggingFace() == null
        ? VOLUME_TMP
        : VOLUME_TMP + "," + VOLUME_MODELS;
  }

  private static PodSpec podSpec(EPDPool pool) {
    EPDPoolSpec spec = pool.getSpec();
    boolean gateway = spec.role() == Role.GATEWAY;
    PodSpecBuilder pod = new PodSpecBuilder();
    PodPlacement.place(pod, spec);
    return pod.withServiceAccountName(pool.getMetadata().getName())
        // Only the gateway asks the API server (which pods there are); nobody else gets a token.
        .withAutomountServiceAccountToken(gateway)
        .withEnableServiceLinks(false)
        .withTerminationGracePeriodSeconds(
            spec.drainOrDefault().timeoutOrDefault().plusMillis(999).toSeconds()
                + GRACE_MARGIN_SECONDS)
        .withImagePullSecrets(pullSecrets(spec.runtime()))
        .withNewSecurityContext()
        .withRunAsNonRoot(true)
        .withRunAsUser(USER)
        .withRunAsGroup(USER)
        .withFsGroup(USER)
        // Walking through all files of a large model volume at each start would take minutes.
        .withFsGroupChangePolicy("OnRootMismatch")
        .withNewSeccompProfile()
        .withType("RuntimeDefault")
        .endSeccompProfile()
        .endSecurityContext()
        .withInitContainers(ModelFetch.containers(spec))
        .withContainers(MainContainer.of(pool))
        .withResourceClaims(ContainerResources.ofPod(spec))
        .withVolumes(volumes(spec))
        .build();
  }

  private static @Nullable List<LocalObjectReference> pullSecrets(Runtime runtime) {
    return runtime.imagePullSecrets().stream()
        .map(ref -> new LocalObjectReference(ref.name()))
        .toList();
  }

  private static List<Volume> volumes(EPDPoolSpec spec) {
    List<Volume> volumes = new ArrayList<>();
    volumes.add(models(spec.model().source()));
    volumes.add(secret(VOLUME_SIGNING_KEY, Names.signingKey(spec.clusterRef().name())));
    PoolGateway gateway = spec.gateway();
    if (gateway != null && gateway.apiKeysSecretRef() != null) {
      volumes.add(secret(VOLUME_API_KEYS, gateway.apiKeysSecretRef().name()));
    }
    volumes.add(new VolumeBuilder().withName(VOLUME_TMP).withNewEmptyDir().endEmptyDir().build());
    return volumes;
  }

  private static Volume models(ModelSource source) {
    PvcSource pvc = source.pvc();
    if (pvc != null) {
      return new VolumeBuilder()
          .withName(VOLUME_MODELS)
          .withNewPersistentVolumeClaim(pvc.claimName(), true)
          .build();
    }
    HuggingFaceSource hub = source.huggingFace();
    if (hub != null) {
      return ModelFetch.volume(hub);
    }
    ImageModelSource image = Objects.requireNonNull(source.image(), "the API admits one source");
    return new VolumeBuilder()
        .withName(VOLUME_MODELS)
        .withNewImage(
            image.pullPolicy() == null ? null : image.pullPolicy().name(), image.reference())
        .build();
  }

  private static Volume secret(String volume, String secret) {
    return new VolumeBuilder()
        .withName(volume)
        .withNewSecret()
        .withSecretName(secret)
        .endSecret()
        .build();
  }
}
