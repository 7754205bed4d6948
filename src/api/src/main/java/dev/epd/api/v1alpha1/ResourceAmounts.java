package dev.epd.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.ValidationRule;
import io.fabric8.kubernetes.api.model.Quantity;
import org.jspecify.annotations.Nullable;

/** Amounts of CPU and memory, as Kubernetes quantities. */
@ApiType
@ValidationRule(
    value =
        "!has(self.cpu) || (type(self.cpu) == int ? int(self.cpu) > 0 : self.cpu.size() <= 32 &&"
            + " !self.cpu.matches("
            + Quantities.LONG_EXPONENT
            + ") && isQuantity(self.cpu) && quantity(self.cpu).isGreaterThan(quantity('0')))",
    message = "cpu must be a positive Kubernetes quantity, such as 2 or 500m",
    fieldPath = ".cpu")
@ValidationRule(
    value =
        "!has(self.memory) || (type(self.memory) == int ? int(self.memory) > 0 : self.memory.size()"
            + " <= 32 && !self.memory.matches("
            + Quantities.LONG_EXPONENT
            + ") && isQuantity(self.memory) &&"
            + " quantity(self.memory).isGreaterThan(quantity('0')))",
    message = "memory must be a positive Kubernetes quantity, such as 512Mi or 16Gi",
    fieldPath = ".memory")
public record ResourceAmounts(
    @JsonPropertyDescription("CPU, in cores: 2 or 500m.") @Nullable Quantity cpu,
    @JsonPropertyDescription("Memory, in bytes: 512Mi or 16Gi.") @Nullable Quantity memory) {}
