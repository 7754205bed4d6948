package dev.epd.planner;

import dev.epd.api.v1alpha1.EPDPoolSpec;
import dev.epd.api.v1alpha1.EnvEntry;
import dev.epd.api.v1alpha1.HubTokenRef;
import dev.epd.api.v1alpha1.HuggingFaceSource;
import dev.epd.api.v1alpha1.Model;
import dev.epd.api.v1alpha1.Runtime;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerBuilder;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.EnvVarBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.VolumeBuilder;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A model that every pod fetches from a hub before its program starts: an init container of the
 * same image writes it into a volume of the pod, and ends with the runtime's exit code for a model
 * that cannot be had.
 */
final class ModelFetch {
  /** The init container's name. */
  static final String CONTAINER = "fetch-model";

  private static final String TOKEN = "HF_TOKEN";
  private static final String ENDPOINT = "HF_ENDPOINT";
  private static final Pattern ADDRESS =
      Pattern.compile("(https?)://(?:\\[[0-9A-Fa-f:.]+]|[^/:@]+)(?::([0-9]{1,5}))?(?:/.*)?");
  private static final int HTTPS = 443;
  private static final int HTTP = 80;

  private ModelFetch() {}

  /** None for a model that is there when the pod starts. */
  static List<Container> containers(EPDPoolSpec spec) {
    HuggingFaceSource hub = spec.model().source().huggingFace();
    if (hub == null) {
      return List.of();
    }
    Runtime runtime = spec.runtime();
    return List.of(
        new ContainerBuilder()
            .withName(CONTAINER)
            .withImage(runtime.image())
            .withImagePullPolicy(
                runtime.imagePullPolicy() == null ? null : runtime.imagePullPolicy().name())
            .withArgs(
                "fetch",
                "--repo=" + hub.repo(),
                "--revision=" + hub.revision(),
                "--into=" + PodTemplates.MODELS)
            .withEnv(env(runtime, hub))
            // What the program itself asks for, so that the pod asks for no more.
            .withResources(ContainerResources.withoutDevices(spec))
            .withSecurityContext(MainContainer.confined())
            .withTerminationMessagePolicy("FallbackToLogsOnError")
            .withVolumeMounts(
                MainContainer.mount(PodTemplates.VOLUME_MODELS, PodTemplates.MODELS, false),
                MainContainer.mount(PodTemplates.VOLUME_TMP, "/tmp", false))
            .build());
  }

  /** Where the files go: the pod's own, gone with it. */
  static Volume volume(HuggingFaceSource hub) {
    return new VolumeBuilder()
        .withName(PodTemplates.VOLUME_MODELS)
        .withNewEmptyDir()
        .withSizeLimit(hub.sizeLimit() == null ? null : new Quantity(hub.sizeLimit()))
        .endEmptyDir()
        .build();
  }

  /** The TCP ports on which pods reach the hub and where it sends them; none: no hub. */
  static SortedSet<Integer> ports(Model model, Runtime runtime) {
    SortedSet<Integer> ports = new TreeSet<>();
    if (model.source().huggingFace() != null) {
      ports.add(HTTPS);
      endpointPort(runtime).ifPresent(ports::add);
    }
    return ports;
  }

  /** What is no address is the fetcher's to refuse. */
  private static Optional<Integer> endpointPort(Runtime runtime) {
    return runtime.env().stream()
        .filter(e -> e.name().equals(ENDPOINT) && e.value() != null)
        .map(e -> ADDRESS.matcher(String.valueOf(e.value())))
        .filter(Matcher::matches)
        .findFirst()
        .map(
            address -> {
              String port = address.group(2);
              if (port != null) {
                return Integer.valueOf(port);
              }
              return address.group(1).equals("http") ? HTTP : HTTPS;
            });
  }

  private static List<EnvVar> env(Runtime runtime, HuggingFaceSource hub) {
    Map<String, EnvVar> env = new LinkedHashMap<>();
    HubTokenRef token = hub.tokenSecretRef();
    if (token != null) {
      env.put(
          TOKEN,
          new EnvVarBuilder()
              .withName(TOKEN)
              .withNewValueFrom()
              .withNewSecretKeyRef(token.keyOrDefault(), token.name(), null)
              .endValueFrom()
              .build());
    }
    for (EnvEntry entry : runtime.env()) {
      env.putIfAbsent(entry.name(), MainContainer.userEnv(entry));
    }
    return new ArrayList<>(env.values());
  }
}
