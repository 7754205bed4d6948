package dev.epd.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import org.jspecify.annotations.Nullable;

/** GPUs of one pod. */
@ApiType
@ValidationRule(
    value = "!has(self.count) || self.count <= 1",
    message =
        "the bundled engine uses one GPU per pod: set count to 1 (or 0 for CPU) and raise replicas"
            + " instead",
    fieldPath = ".count")
@ValidationRule(
    value =
        "!has(self.migProfile) || !has(self.resourceName) || self.resourceName =="
            + " 'nvidia.com/gpu'",
    message =
        "migProfile names the resource by itself (nvidia.com/mig-<profile>): remove resourceName or"
            + " migProfile",
    fieldPath = ".migProfile")
@ValidationRule(
    value =
        "!has(self.sharing) || self.sharing != 'Shared' || !has(self.resourceName) ||"
            + " self.resourceName == 'nvidia.com/gpu'",
    message =
        "sharing names the resource by itself (nvidia.com/gpu.shared): remove resourceName, or sharing"
            + " where another plugin offers shared GPUs",
    fieldPath = ".sharing")
public record GpuResources(
    @JsonPropertyDescription("GPUs per pod: 1, or 0 to run on CPU.") @Default("1") @Min(0) @Max(8)
        @Nullable Integer count,
    @JsonPropertyDescription("Extended resource that the GPU's device plugin offers.")
        @Default("nvidia.com/gpu")
        @Pattern("^[a-z0-9]([-a-z0-9.]*[a-z0-9])?/[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$")
        @Size(min = 3, max = 253)
        @Nullable String resourceName,
    @JsonPropertyDescription(
            "MIG slice instead of a whole GPU, such as 1g.10gb: the resource is then"
                + " nvidia.com/mig-<profile>.")
        @Pattern("^[1-9]g\\.[0-9]{1,3}gb(\\.me)?$")
        @Size(max = 16)
        @Nullable String migProfile,
    @JsonPropertyDescription(
            "Exclusive (default), or Shared: a part of a GPU that the device plugin shares by"
                + " time-slicing or MPS and offers as nvidia.com/gpu.shared (its option"
                + " renameByDefault).")
        @Nullable GpuSharing sharing) {

  /** The resource that NVIDIA's device plugin offers. */
  public static final String NVIDIA = "nvidia.com/gpu";

  public int countOrDefault() {
    return count == null ? 1 : count;
  }

  /** The extended resource that a pod asks for. */
  public String resource() {
    String suffix = sharing == GpuSharing.Shared ? ".shared" : "";
    if (migProfile != null) {
      return "nvidia.com/mig-" + migProfile + suffix;
    }
    return resourceName == null ? NVIDIA + suffix : resourceName + suffix;
  }
}
