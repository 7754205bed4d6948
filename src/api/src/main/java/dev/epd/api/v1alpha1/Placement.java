package dev.epd.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.generator.annotation.Size;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** On which nodes a pool's pods run. */
@ApiType
public record Placement(
    @JsonPropertyDescription("Labels that a node must have.") Map<String, String> nodeSelector,
    @JsonPropertyDescription("Taints of nodes that the pods tolerate.") @Size(max = 32)
        List<Toleration> tolerations,
    @JsonPropertyDescription(
            "Affinity of the pods, as in core/v1 (nodeAffinity, podAffinity, podAntiAffinity).")
        @Nullable ObjectNode affinity,
    @JsonPropertyDescription(
            "Spread the pods of this pool evenly over nodes (Node) or zones (Zone), as far as there"
                + " is room. Unset: the scheduler's own defaults.")
        @Nullable Spread spread) {
  public Placement {
    nodeSelector = nodeSelector == null ? Map.of() : Map.copyOf(nodeSelector);
    tolerations = Lists.copyOrEmpty(tolerations);
  }
}
