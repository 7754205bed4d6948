package dev.epd.planner;

import dev.epd.api.v1alpha1.DeviceClaim;
import dev.epd.api.v1alpha1.EPDPoolSpec;
import dev.epd.api.v1alpha1.GpuResources;
import dev.epd.api.v1alpha1.PoolResources;
import dev.epd.api.v1alpha1.ResourceAmounts;
import io.fabric8.kubernetes.api.model.PodResourceClaim;
import io.fabric8.kubernetes.api.model.PodResourceClaimBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.ResourceRequirements;
import io.fabric8.kubernetes.api.model.ResourceRequirementsBuilder;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** CPU, memory and devices of the runtime's container. */
final class ContainerResources {
  private static final String MEMORY = "memory";
  private static final long MEBIBYTE = 1L << 20;

  /** As {@code engine.cacheBytes} says when unset. */
  private static final long DEFAULT_CACHE_BYTES = 256 * MEBIBYTE;

  private ContainerResources() {}

  static ResourceRequirements of(EPDPoolSpec spec) {
    PoolResources resources = spec.resources();
    ResourceRequirementsBuilder built = new ResourceRequirementsBuilder(withoutDevices(spec));
    GpuResources gpu = resources == null ? null : resources.gpu();
    if (gpu != null && gpu.countOrDefault() > 0) {
      built.addToLimits(gpu.resource(), new Quantity(Integer.toString(gpu.countOrDefault())));
    }
    for (DeviceClaim claim : claims(spec)) {
      built.addNewClaim().withName(claim.name()).endClaim();
    }
    return built.build();
  }

  /** CPU and memory alone. */
  static ResourceRequirements withoutDevices(EPDPoolSpec spec) {
    PoolResources resources = spec.resources();
    Map<String, Quantity> requests = amounts(resources == null ? null : resources.requests());
    Map<String, Quantity> limits = amounts(resources == null ? null : resources.limits());
    if (!requests.containsKey(MEMORY) && !limits.containsKey(MEMORY)) {
      requests.put(MEMORY, defaultMemory(spec));
    }
    return new ResourceRequirementsBuilder().withRequests(requests).withLimits(limits).build();
  }

  /** The pod's claims, which its container names. */
  static List<PodResourceClaim> ofPod(EPDPoolSpec spec) {
    return claims(spec).stream()
        .map(
            claim ->
                new PodResourceClaimBuilder()
                    .withName(claim.name())
                    .withResourceClaimTemplateName(claim.resourceClaimTemplateName())
                    .build())
        .toList();
  }

  private static List<DeviceClaim> claims(EPDPoolSpec spec) {
    return spec.resources() == null ? List.of() : spec.resources().claims();
  }

  /**
   * A pod that sets nothing aside is the first to be evicted when its node runs short, so each role
   * asks for what it holds: pods that prefill or decode the whole model (weights on a GPU come
   * through the pod's memory too), encoders the picture model, and each what a small model needs
   * for program, caches and work. A picture model is less than a quarter of its model: 18 % of
   * Qwen2.5-VL-3B, 8 % of 7B.
   */
  private static Quantity defaultMemory(EPDPoolSpec spec) {
    long weights = spec.model().sizeBytes();
    return switch (spec.role()) {
      case GATEWAY -> mebibytes(512, 0);
      case ENCODER -> mebibytes(2048, weights / 4 + extraCache(spec));
      case PREFILL -> mebibytes(4096, weights + extraCache(spec));
      case DECODE -> mebibytes(4096, weights);
    };
  }

  /** What embeddings may take beyond the runtime's own default. */
  private static long extraCache(EPDPoolSpec spec) {
    Long bytes = spec.engine() == null ? null : spec.engine().cacheBytesOrNull();
    return bytes == null ? 0 : Math.max(0, bytes - DEFAULT_CACHE_BYTES);
  }

  private static Quantity mebibytes(long base, long bytes) {
    long all = base + Math.ceilDiv(bytes, MEBIBYTE);
    return new Quantity(all % 1024 == 0 ? all / 1024 + "Gi" : all + "Mi");
  }

  private static Map<String, Quantity> amounts(@Nullable ResourceAmounts amounts) {
    Map<String, Quantity> map = new LinkedHashMap<>();
    if (amounts != null && amounts.cpu() != null) {
      map.put("cpu", amounts.cpu());
    }
    if (amounts != null && amounts.memory() != null) {
      map.put(MEMORY, amounts.memory());
    }
    return map;
  }
}
