/**
 * EPDCluster to EPDPools, the gateway's Service, network policies and the signing key.
 *
 * <p>May know: planner, API types, client. What should exist is decided in the planner alone.
 */
@NullMarked
package dev.epd.operator.cluster;

import org.jspecify.annotations.NullMarked;
