package dev.epd.planner;

import dev.epd.api.v1alpha1.DeviceClaim;
import dev.epd.api.v1alpha1.EPDPoolSpec;
import dev.epd.api.v1alpha1.GpuResources;
import dev.epd.api.v1alpha1.PoolResources;
import dev.epd.api.v1alpha1.ResourceAmounts;
import dev.epd.api.v1alpha1.Role;
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
      requests.put(MEMORY, defaultMemory(spec.role()));
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
   * asks for what a small model needs at least.
   */
  private static Quantity defaultMemory(Role role) {
    return new Quantity(
        switch (role) {
          case GATEWAY -> "512Mi";
          case ENCODER -> "2Gi";
          case PREFILL, DECODE -> "4Gi";
        });
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
