package dev.epd.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What one pod of a pool gets. */
@ApiType
@ValidationRule(
    value =
        "!has(self.claims) || self.claims.size() == 0 || !has(self.gpu) || (has(self.gpu.count) &&"
            + " self.gpu.count == 0)",
    message = "set gpu or claims, not both: a pod gets its GPU in one way",
    fieldPath = ".claims")
public record PoolResources(
    @JsonPropertyDescription("GPUs per pod. Unset: none, the pod runs on CPU.")
        @Nullable GpuResources gpu,
    @JsonPropertyDescription(
            "Devices by Dynamic Resource Allocation, instead of gpu; each pod gets its own claims.")
        @Size(max = 8)
        List<DeviceClaim> claims,
    @JsonPropertyDescription(
            "CPU and memory that the scheduler sets aside. Without memory here and in limits: 512Mi"
                + " for the gateway, 2Gi for an encoder, 4Gi for prefill and decode.")
        @Nullable ResourceAmounts requests,
    @JsonPropertyDescription(
            "CPU and memory that the pod may not exceed. On CPU the limit also sets the number of"
                + " compute threads.")
        @Nullable ResourceAmounts limits) {

  public PoolResources {
    claims = Lists.copyOrEmpty(claims);
  }

  /** Whether a pod computes on something else than its CPU. */
  public boolean hasAccelerator() {
    return gpuCount() > 0 || !claims.isEmpty();
  }

  /** GPUs per pod by {@code gpu}; 0 = CPU, or devices by claims. */
  public int gpuCount() {
    return gpu == null ? 0 : gpu.countOrDefault();
  }
}
