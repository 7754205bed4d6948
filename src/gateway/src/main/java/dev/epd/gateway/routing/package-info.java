/**
 * The way of one request through the pods: attempts, retries, tokens to text, one outcome.
 *
 * <p>The only room that calls the roles and the only one that retries.
 */
@NullMarked
package dev.epd.gateway.routing;

import org.jspecify.annotations.NullMarked;
