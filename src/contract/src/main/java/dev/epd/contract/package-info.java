/**
 * What roles say to each other: the gRPC services ({@code v1}), signed tickets, epochs and error
 * kinds.
 *
 * <p>Knows no model, no socket and no Kubernetes.
 */
@NullMarked
package dev.epd.contract;

import org.jspecify.annotations.NullMarked;
