package dev.epd.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;

/** Devices by Dynamic Resource Allocation: each pod gets a claim of its own. */
@ApiType
public record DeviceClaim(
    @JsonPropertyDescription("Name of the claim inside the pod.")
        @Required
        @Pattern("^[a-z0-9]([-a-z0-9]*[a-z0-9])?$")
        @Size(min = 1, max = 63)
        String name,
    @JsonPropertyDescription("ResourceClaimTemplate that the claims are made from, same namespace.")
        @Required
        @Size(min = 1, max = 253)
        String resourceClaimTemplateName) {}
