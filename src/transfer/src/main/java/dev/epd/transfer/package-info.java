/**
 * Moving tensors between processes over TCP: reserve, push, received, committed.
 *
 * <p>Knows tickets and shapes; knows no model, no gRPC and no Kubernetes. Bytes are received
 * straight into the memory that was reserved for them, and never after the reservation was
 * released.
 */
@NullMarked
package dev.epd.transfer;

import org.jspecify.annotations.NullMarked;
