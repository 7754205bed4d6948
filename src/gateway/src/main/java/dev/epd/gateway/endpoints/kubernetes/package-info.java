/**
 * The endpoint source of a cluster: its pods by label. The only place in the gateway that knows
 * Kubernetes.
 */
@NullMarked
package dev.epd.gateway.endpoints.kubernetes;

import org.jspecify.annotations.NullMarked;
