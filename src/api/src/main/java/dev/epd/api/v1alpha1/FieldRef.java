package dev.epd.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;

/** A field of the pod, as in core/v1 env sources. */
@ApiType
public record FieldRef(
    @JsonPropertyDescription("Path of the pod's field, such as status.hostIP or spec.nodeName.")
        @Required
        @Size(min = 1, max = 253)
        String fieldPath) {}
