/**
 * Which pods exist and what they say of themselves.
 *
 * <p>Knows no Kubernetes: an {@link dev.epd.gateway.endpoints.EndpointSource} tells it.
 */
@NullMarked
package dev.epd.gateway.endpoints;

import org.jspecify.annotations.NullMarked;
