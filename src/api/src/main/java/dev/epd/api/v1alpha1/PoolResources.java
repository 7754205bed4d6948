package dev.epd.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import org.jspecify.annotations.Nullable;

/** What one pod of a pool gets. */
@ApiType
public record PoolResources(
    @JsonPropertyDescription("GPUs per pod. Unset: none, the pod runs on CPU.")
        @Nullable GpuResources gpu,
    @JsonPropertyDescription("CPU and memory that the scheduler sets aside.")
        @Nullable ResourceAmounts requests,
    @JsonPropertyDescription(
            "CPU and memory that the pod may not exceed. On CPU the limit also sets the number of"
                + " compute threads.")
        @Nullable ResourceAmounts limits) {

  /** GPUs per pod; 0 = CPU. */
  public int gpuCount() {
    return gpu == null ? 0 : gpu.countOrDefault();
  }
}
