package dev.epd.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import org.jspecify.annotations.Nullable;

/** One key of a Secret or ConfigMap, as in core/v1 env sources. */
@ApiType
public record KeyRef(
    @JsonPropertyDescription("Name of the Secret or ConfigMap.") @Required @Size(min = 1, max = 253)
        String name,
    @JsonPropertyDescription("Key whose value is used.") @Required @Size(min = 1, max = 253)
        String key,
    @JsonPropertyDescription("When true, a missing object or key leaves the variable unset.")
        @Nullable Boolean optional) {}
