package dev.epd.runtimeimage;

import dev.epd.contract.Ports;
import dev.epd.contract.Role;
import dev.epd.runtime.tensor.Device;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The flags of the program; the operator renders them. */
@Command(
    name = "epd-runtime",
    mixinStandardHelpOptions = true,
    version = "epd-runtime 0.1.0",
    sortOptions = false,
    description = "Runs one pod of an EPD cluster: its gateway, an encoder, a prefill or a decode.")
final class Flags {
  private static final String DEFAULT_BIND = "${env:EPD_BIND_ADDRESS:-0.0.0.0}";

  @Spec CommandSpec spec;

  @Option(
      names = "--role",
      required = true,
      converter = RoleConverter.class,
      description = "gateway, encoder, prefill or decode")
  Role role;

  @Option(names = "--model-dir", required = true, description = "Hugging Face checkpoint directory")
  Path modelDir;

  @Option(names = "--model-name", description = "what clients call the model; default: its folder")
  @Nullable String modelName;

  @Option(names = "--cluster", description = "name of the EPDCluster, to find its pods")
  @Nullable String cluster;

  @Option(
      names = "--compatibility-key",
      description = "the gateway sees pods of this key only; default: pods of every key")
  @Nullable String compatibilityKey;

  @Option(
      names = "--namespace",
      defaultValue = "${env:POD_NAMESPACE}",
      description = "of the cluster; default: this pod's")
  @Nullable String namespace;

  @Option(
      names = "--signing-key-file",
      required = true,
      description = "the cluster's key, the same for all its pods")
  Path signingKeyFile;

  @Option(
      names = "--topology",
      split = ",",
      converter = RoleConverter.class,
      description =
          "pools that exist, as in encoder,prefill,decode; required for the gateway. A prefill that is"
              + " not told loads the vision tower too")
  @Nullable Set<Role> topology;

  @Option(
      names = "--encode-inline",
      description = "load the vision tower in prefill although there are encoders")
  boolean encodeInline;

  @Option(
      names = "--bind-address",
      defaultValue = DEFAULT_BIND,
      description = "address to listen on (default: EPD_BIND_ADDRESS or 0.0.0.0)")
  String bindAddress;

  @Option(names = "--http-port", defaultValue = "" + Ports.HTTP, description = "gateway's API")
  int httpPort;

  @Option(
      names = "--metrics-port",
      defaultValue = "" + Ports.METRICS,
      description = "/livez, /readyz, /metrics")
  int metricsPort;

  @Option(names = "--control-port", defaultValue = "" + Ports.CONTROL, description = "gRPC")
  int controlPort;

  @Option(names = "--transfer-port", defaultValue = "" + Ports.TRANSFER, description = "bulk data")
  int transferPort;

  @Option(
      names = "--drain-timeout",
      defaultValue = "120s",
      converter = DurationConverter.class,
      description = "how long running work may take after SIGTERM and the grace time, as in 120s")
  Duration drainTimeout;

  @Option(
      names = "--drain-grace",
      defaultValue = "2s",
      converter = DurationConverter.class,
      description = "how long new work is taken after SIGTERM, until all callers know")
  Duration drainGrace;

  @Option(
      names = "--deterministic",
      description = "bit-equal answers however requests are split and batched; slower")
  boolean deterministic;

  @Option(
      names = "--dtype",
      defaultValue = "float32",
      description =
          "float32, bfloat16, or auto (bfloat16 if the weights are): weights, embeddings and KV cache"
              + " in memory")
  String dtype;

  @Option(
      names = "--device",
      defaultValue = "auto",
      description = "cpu, cuda, or auto (cuda if libtorch sees a GPU): what computes")
  String device;

  @Option(
      names = "--max-slots",
      defaultValue = "0",
      description =
          "sequences at once (default: as many as a quarter of the memory holds, the GPU's if it"
              + " computes)")
  int maxSlots;

  @Option(
      names = {"--max-context", "--max-context-tokens"},
      defaultValue = "0",
      description = "tokens of prompt and answer together (default: the model's)")
  int maxContext;

  @Option(
      names = "--max-images",
      defaultValue = "16",
      description = "pictures that may wait or run in this pod at once")
  int maxImages;

  @Option(
      names = "--chunk-tokens",
      defaultValue = "0",
      description = "prompt tokens of one prefill step (default: 256)")
  int chunkTokens;

  @Option(
      names = "--cache-bytes",
      defaultValue = "" + (256L << 20),
      description = "embeddings that are kept for pictures that may be asked for again")
  long cacheBytes;

  @Option(
      names = "--threads",
      defaultValue = "0",
      description = "compute threads (default: OMP_NUM_THREADS or the CPU limit)")
  int threads;

  @Option(names = "--queue-max-patches", description = "work that may wait at the gateway")
  @Nullable Long queueMaxPatches;

  @Option(names = "--queue-max-bytes", description = "picture files that may wait at the gateway")
  @Nullable Long queueMaxBytes;

  @Option(names = "--queue-max-images", description = "pictures that may wait at the gateway")
  @Nullable Integer queueMaxImages;

  @Option(names = "--api-keys-file", description = "only bearers of a key in it may ask")
  @Nullable Path apiKeysFile;

  @Option(
      names = "--endpoints",
      description = "fixed list instead of watching pods: encoder=127.0.0.2:7070:7071,prefill=...")
  @Nullable String endpoints;

  /** picocli fills the fields. */
  @SuppressWarnings("NullAway.Init")
  Flags() {}

  /** The pools that exist, as far as this pod has to know. */
  Set<Role> pools() {
    if (topology != null && !topology.isEmpty()) {
      return EnumSet.copyOf(topology);
    }
    return EnumSet.of(Role.ENCODER, Role.PREFILL, Role.DECODE);
  }

  /** A prefill that was not told the topology must be able to encode. */
  boolean encodesInline() {
    return encodeInline || (role == Role.PREFILL && topology == null);
  }

  /** Whether numbers lie in memory as bfloat16, given whether the checkpoint's weights do. */
  boolean isBfloat16(boolean weightsAre) {
    return dtype.equals("bfloat16") || (dtype.equals("auto") && weightsAre);
  }

  /** What computes; empty leaves the choice. */
  Optional<Device> computeDevice() {
    return switch (device) {
      case "cpu" -> Optional.of(Device.CPU);
      case "cuda" -> Optional.of(Device.CUDA);
      default -> Optional.empty();
    };
  }

  String servedName() {
    return modelName == null || modelName.isBlank()
        ? String.valueOf(modelDir.toAbsolutePath().normalize().getFileName())
        : modelName;
  }

  int computeThreads() {
    if (threads > 0) {
      return threads;
    }
    String omp = System.getenv("OMP_NUM_THREADS");
    try {
      return omp == null || omp.isBlank()
          ? Runtime.getRuntime().availableProcessors()
          : Math.max(1, Integer.parseInt(omp.strip()));
    } catch (NumberFormatException e) {
      throw usage("OMP_NUM_THREADS is '" + omp + "'; it must be a number");
    }
  }

  /** Refuses combinations that cannot work. */
  void check() {
    Set<Role> pools = pools();
    if (pools.contains(Role.GATEWAY) || !pools.contains(Role.PREFILL)) {
      throw usage("--topology names pools out of encoder, prefill and decode, prefill among them");
    }
    if (!Set.of("float32", "bfloat16", "auto").contains(dtype)) {
      throw usage("--dtype must be float32 or bfloat16, or auto, not '" + dtype + "'");
    }
    if (!Set.of("auto", "cpu", "cuda").contains(device)) {
      throw usage("--device must be auto, cpu or cuda, not '" + device + "'");
    }
    if (chunkTokens < 0 || cacheBytes < 0) {
      throw usage("--chunk-tokens and --cache-bytes must not be negative");
    }
    if (maxImages < 1 || maxSlots < 0 || maxContext < 0 || threads < 0) {
      throw usage(
          "--max-images must be at least 1; --max-slots, --max-context, --threads at least 0");
    }
    if (role != Role.GATEWAY) {
      if (!pools.contains(role)) {
        throw usage("--role=%s is not in --topology".formatted(role.wireName()));
      }
      if (endpoints != null || apiKeysFile != null) {
        throw usage("--endpoints and --api-keys-file are the gateway's");
      }
      return;
    }
    if (topology == null) {
      throw usage("--role=gateway needs --topology, as in --topology=encoder,prefill,decode");
    }
    if (endpoints == null && (cluster == null || namespace == null || namespace.isBlank())) {
      throw usage(
          "--role=gateway needs --cluster and --namespace (or POD_NAMESPACE) to watch pods, or"
              + " --endpoints");
    }
  }

  private ParameterException usage(String problem) {
    return new ParameterException(spec.commandLine(), problem);
  }

  static final class RoleConverter implements ITypeConverter<Role> {
    @Override
    public Role convert(String value) {
      return Role.of(value.strip());
    }
  }

  /** 120s, 2m, 1500ms, or a number of seconds. */
  static final class DurationConverter implements ITypeConverter<Duration> {
    @Override
    public Duration convert(String value) {
      String text = value.strip();
      int digits = 0;
      while (digits < text.length() && Character.isDigit(text.charAt(digits))) {
        digits++;
      }
      if (digits == 0 || digits > 12) {
        throw malformed(value);
      }
      long n = Long.parseLong(text.substring(0, digits));
      return switch (text.substring(digits)) {
        case "ms" -> Duration.ofMillis(n);
        case "", "s" -> Duration.ofSeconds(n);
        case "m" -> Duration.ofMinutes(n);
        case "h" -> Duration.ofHours(n);
        default -> throw malformed(value);
      };
    }

    private static IllegalArgumentException malformed(String value) {
      return new IllegalArgumentException("'" + value + "' is no duration; use 120s, 2m or 500ms");
    }
  }
}
