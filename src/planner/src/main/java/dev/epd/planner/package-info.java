/**
 * What should exist: records in (a resource and what was observed around it), records out (objects
 * to apply, objects to delete, who owns a number, what to report). Pure: the same input gives the
 * same output.
 *
 * <p>May know: {@code dev.epd.api} and the Kubernetes object model. May not know: a client, a
 * socket, a file, the time of day (an {@link java.time.InstantSource} is handed in where a
 * condition needs one), randomness, logging. A test holds it to that.
 */
@NullMarked
package dev.epd.planner;

import org.jspecify.annotations.NullMarked;
