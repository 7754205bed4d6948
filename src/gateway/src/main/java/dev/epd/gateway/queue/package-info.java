/**
 * Who gets which place when: the image queue, waiting text requests, places at the pods.
 *
 * <p>A state machine behind one lock. Knows no gRPC and no HTTP.
 */
@NullMarked
package dev.epd.gateway.queue;

import org.jspecify.annotations.NullMarked;
