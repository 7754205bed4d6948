/**
 * The gateway: OpenAI over HTTP on one side, the roles over gRPC on the other. {@link
 * dev.epd.gateway.Gateway} puts the rooms below together.
 *
 * <p>Knows no Kubernetes; pods come from an {@link dev.epd.gateway.endpoints.EndpointSource}.
 */
@NullMarked
package dev.epd.gateway;

import org.jspecify.annotations.NullMarked;
