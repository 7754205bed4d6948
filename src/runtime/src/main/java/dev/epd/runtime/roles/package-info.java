/**
 * Encoder, prefill and decode as gRPC services over the engine and the transfer protocol. Knows
 * requests, tickets, reservations and deadlines; knows no tensors' meaning, no Kubernetes and no
 * HTTP. Every call runs in a virtual thread of its own, which is interrupted when the call is
 * cancelled or its deadline passes; what the call holds is given back in that thread, after the
 * engine has let go of it.
 */
@NullMarked
package dev.epd.runtime.roles;

import org.jspecify.annotations.NullMarked;
