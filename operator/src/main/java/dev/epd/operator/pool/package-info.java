/**
 * EPDPool to Deployment, ServiceAccount and the gateway's Role; the pool's status from its pods
 * and, of a gateway's pool, from what its pods say of others.
 *
 * <p>May know: planner, API types, client. What should exist is decided in the planner alone.
 */
@NullMarked
package dev.epd.operator.pool;

import org.jspecify.annotations.NullMarked;
