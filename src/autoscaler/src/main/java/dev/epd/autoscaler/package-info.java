/**
 * How many replicas a pool should have: records in, a decision out.
 *
 * <p>Nothing here may know Kubernetes, a socket, a file, a log or a clock; time comes in with the
 * samples. The same code therefore runs in the operator and under a virtual clock.
 */
@NullMarked
package dev.epd.autoscaler;

import org.jspecify.annotations.NullMarked;
