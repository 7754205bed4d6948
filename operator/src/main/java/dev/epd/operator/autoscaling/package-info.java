/**
 * The scaling loop: reads the metrics of gateways and of the pool's pods, asks the pure scaler,
 * writes /scale. Also what else those metrics say to the pool reconciler: what pods hold, and whom
 * gateways refuse.
 *
 * <p>Decides nothing itself. The loop runs only for pools that the pool reconciler hands it, so
 * only in the leader.
 */
@NullMarked
package dev.epd.operator.autoscaling;

import org.jspecify.annotations.NullMarked;
