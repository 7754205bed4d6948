package dev.epd.planner;

import dev.epd.api.v1alpha1.EPDPool;
import dev.epd.api.v1alpha1.EPDPoolSpec;
import dev.epd.api.v1alpha1.Engine;
import dev.epd.api.v1alpha1.EnvEntry;
import dev.epd.api.v1alpha1.EnvSource;
import dev.epd.api.v1alpha1.FieldRef;
import dev.epd.api.v1alpha1.KeyRef;
import dev.epd.api.v1alpha1.ModelType;
import dev.epd.api.v1alpha1.PoolGateway;
import dev.epd.api.v1alpha1.PoolResources;
import dev.epd.api.v1alpha1.ResourceAmounts;
import dev.epd.api.v1alpha1.Role;
import dev.epd.api.v1alpha1.Runtime;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerBuilder;
import io.fabric8.kubernetes.api.model.ContainerPort;
import io.fabric8.kubernetes.api.model.ContainerPortBuilder;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.EnvVarBuilder;
import io.fabric8.kubernetes.api.model.EnvVarSource;
import io.fabric8.kubernetes.api.model.EnvVarSourceBuilder;
import io.fabric8.kubernetes.api.model.IntOrString;
import io.fabric8.kubernetes.api.model.Probe;
import io.fabric8.kubernetes.api.model.ProbeBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.SecurityContext;
import io.fabric8.kubernetes.api.model.SecurityContextBuilder;
import io.fabric8.kubernetes.api.model.VolumeMount;
import io.fabric8.kubernetes.api.model.VolumeMountBuilder;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The runtime's container. Its flags, ports and paths are the contract with the runtime image; the
 * same for every role, so that one program serves them all.
 */
final class MainContainer {
  static final int STARTUP_PERIOD_SECONDS = 2;

  private MainContainer() {}

  static Container of(EPDPool pool) {
    EPDPoolSpec spec = pool.getSpec();
    Runtime runtime = spec.runtime();
    return new ContainerBuilder()
        .withName(PodTemplates.MAIN)
        .withImage(runtime.image())
        .withImagePullPolicy(
            runtime.imagePullPolicy() == null ? null : runtime.imagePullPolicy().name())
        .withArgs(args(pool))
        .withEnv(env(spec))
        .withPorts(ports(spec.role()))
        .withResources(ContainerResources.of(spec))
        .withStartupProbe(
            probe(
                "/readyz",
                STARTUP_PERIOD_SECONDS,
                Math.ceilDiv(
                    (int) spec.startupOrDefault().timeoutOrDefault().toSeconds(),
                    STARTUP_PERIOD_SECONDS)))
        .withReadinessProbe(probe("/readyz", 2, 2))
        .withLivenessProbe(probe("/livez", 10, 6))
        .withSecurityContext(confined())
        // The last words of a program that cannot start become the pool's message.
        .withTerminationMessagePolicy("FallbackToLogsOnError")
        .withVolumeMounts(mounts(spec))
        .build();
  }

  /** Pod Security restricted, and a root file system that nobody writes. */
  static SecurityContext confined() {
    return new SecurityContextBuilder()
        .withAllowPrivilegeEscalation(false)
        .withReadOnlyRootFilesystem(true)
        .withNewCapabilities()
        .withDrop("ALL")
        .endCapabilities()
        .build();
  }

  private static List<String> args(EPDPool pool) {
    EPDPoolSpec spec = pool.getSpec();
    List<String> args = new ArrayList<>();
    args.add("--role=" + spec.role().value());
    args.add("--model-dir=" + modelDir(spec));
    args.add("--model-name=" + spec.model().name());
    if (spec.model().maxContextTokens() != null) {
      args.add("--max-context-tokens=" + spec.model().maxContextTokens());
    }
    args.add("--cluster=" + spec.clusterRef().name());
    args.add("--namespace=" + pool.getMetadata().getNamespace());
    args.add("--signing-key-file=" + PodTemplates.SIGNING_KEY + "/" + ClusterPlan.SIGNING_KEY_DATA);
    args.add("--drain-timeout=" + seconds(spec));
    args.addAll(engineArgs(spec));
    PoolGateway gateway = spec.gateway();
    if (gateway != null) {
      args.add("--compatibility-key=" + CompatibilityKey.of(spec));
      args.add(
          "--topology="
              + gateway.topology().stream().map(Role::value).collect(Collectors.joining(",")));
      args.add("--queue-max-patches=" + gateway.queueOrDefault().maxPatchesOrDefault());
      args.add("--queue-max-bytes=" + gateway.queueOrDefault().maxBytesOrDefault());
      if (gateway.apiKeysSecretRef() != null) {
        args.add(
            "--api-keys-file="
                + PodTemplates.API_KEYS
                + "/"
                + gateway.apiKeysSecretRef().keyOrDefault());
      }
    }
    args.addAll(spec.runtime().args());
    return args;
  }

  private static List<String> engineArgs(EPDPoolSpec spec) {
    List<String> args = new ArrayList<>();
    ModelType type = spec.model().dtype();
    if (type != null && spec.role() != Role.GATEWAY) {
      args.add("--dtype=" + type.value());
    }
    Engine engine = spec.engine();
    if (engine == null) {
      return args;
    }
    if (engine.maxSequences() != null) {
      args.add("--max-slots=" + engine.maxSequences());
    }
    if (engine.maxImages() != null) {
      args.add("--max-images=" + engine.maxImages());
    }
    if (engine.maxTokens() != null) {
      args.add("--chunk-tokens=" + engine.maxTokens());
    }
    Long cache = engine.cacheBytesOrNull();
    if (cache != null) {
      args.add("--cache-bytes=" + cache);
    }
    return args;
  }

  private static String seconds(EPDPoolSpec spec) {
    return spec.drainOrDefault().timeoutOrDefault().plusMillis(999).toSeconds() + "s";
  }

  private static String modelDir(EPDPoolSpec spec) {
    String path = spec.model().source().path();
    return path == null ? PodTemplates.MODELS : PodTemplates.MODELS + "/" + path;
  }

  private static List<EnvVar> env(EPDPoolSpec spec) {
    Map<String, EnvVar> env = new LinkedHashMap<>();
    field(env, "POD_NAME", "metadata.name");
    field(env, "POD_NAMESPACE", "metadata.namespace");
    field(env, "POD_IP", "status.podIP");
    field(env, "POD_UID", "metadata.uid");
    if (spec.role() != Role.GATEWAY && !hasAccelerator(spec)) {
      // Idle compute threads must not spin: pods share cores, and limits throttle what spins.
      literal(env, "OMP_WAIT_POLICY", "PASSIVE");
      Integer threads = threads(spec.resources());
      if (threads != null) {
        literal(env, "OMP_NUM_THREADS", Integer.toString(threads));
      }
    }
    for (EnvEntry entry : spec.runtime().env()) {
      env.put(entry.name(), userEnv(entry));
    }
    return List.copyOf(env.values());
  }

  private static void field(Map<String, EnvVar> env, String name, String path) {
    env.put(
        name,
        new EnvVarBuilder()
            .withName(name)
            .withNewValueFrom()
            .withNewFieldRef()
            .withFieldPath(path)
            .endFieldRef()
            .endValueFrom()
            .build());
  }

  private static void literal(Map<String, EnvVar> env, String name, String value) {
    env.put(name, new EnvVarBuilder().withName(name).withValue(value).build());
  }

  static EnvVar userEnv(EnvEntry entry) {
    EnvVarBuilder built = new EnvVarBuilder().withName(entry.name()).withValue(entry.value());
    EnvSource from = entry.valueFrom();
    return from == null ? built.build() : built.withValueFrom(source(from)).build();
  }

  private static EnvVarSource source(EnvSource from) {
    EnvVarSourceBuilder source = new EnvVarSourceBuilder();
    KeyRef secret = from.secretKeyRef();
    if (secret != null) {
      source.withNewSecretKeyRef(secret.key(), secret.name(), secret.optional());
    }
    KeyRef configMap = from.configMapKeyRef();
    if (configMap != null) {
      source.withNewConfigMapKeyRef(configMap.key(), configMap.name(), configMap.optional());
    }
    FieldRef field = from.fieldRef();
    if (field != null) {
      source.withNewFieldRef(null, field.fieldPath());
    }
    return source.build();
  }

  private static boolean hasAccelerator(EPDPoolSpec spec) {
    return spec.resources() != null && spec.resources().hasAccelerator();
  }

  /** Whole cores of the CPU limit, at least one; null without a limit. */
  private static @Nullable Integer threads(@Nullable PoolResources resources) {
    ResourceAmounts limits = resources == null ? null : resources.limits();
    Quantity cpu = limits == null ? null : limits.cpu();
    return cpu == null
        ? null
        : Math.max(1, cpu.getNumericalAmount().setScale(0, RoundingMode.FLOOR).intValue());
  }

  private static List<ContainerPort> ports(Role role) {
    return role == Role.GATEWAY
        ? List.of(port("http", RuntimePorts.HTTP), port("metrics", RuntimePorts.METRICS))
        : List.of(
            port("metrics", RuntimePorts.METRICS),
            port("control", RuntimePorts.CONTROL),
            port("transfer", RuntimePorts.TRANSFER));
  }

  private static ContainerPort port(String name, int number) {
    return new ContainerPortBuilder()
        .withName(name)
        .withContainerPort(number)
        .withProtocol("TCP")
        .build();
  }

  private static Probe probe(String path, int periodSeconds, int failures) {
    return new ProbeBuilder()
        .withNewHttpGet()
        .withPath(path)
        .withPort(new IntOrString("metrics"))
        .endHttpGet()
        .withPeriodSeconds(periodSeconds)
        .withTimeoutSeconds(5)
        .withFailureThreshold(failures)
        .build();
  }

  private static List<VolumeMount> mounts(EPDPoolSpec spec) {
    List<VolumeMount> mounts = new ArrayList<>();
    mounts.add(mount(PodTemplates.VOLUME_MODELS, PodTemplates.MODELS, true));
    mounts.add(mount(PodTemplates.VOLUME_SIGNING_KEY, PodTemplates.SIGNING_KEY, true));
    PoolGateway gateway = spec.gateway();
    if (gateway != null && gateway.apiKeysSecretRef() != null) {
      mounts.add(mount(PodTemplates.VOLUME_API_KEYS, PodTemplates.API_KEYS, true));
    }
    mounts.add(mount(PodTemplates.VOLUME_TMP, "/tmp", false));
    return mounts;
  }

  static VolumeMount mount(String volume, String path, boolean readOnly) {
    return new VolumeMountBuilder()
        .withName(volume)
        .withMountPath(path)
        .withReadOnly(readOnly ? true : null)
        .build();
  }
}
