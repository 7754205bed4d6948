/**
 * The scaling loop: reads the metrics of gateways and of the pool's pods, asks the pure scaler,
 * writes /scale.
 *
 * <p>Decides nothing itself. Runs only for pools that the pool reconciler hands it, so only in the
 * leader.
 */
@NullMarked
package dev.epd.operator.autoscaling;

import org.jspecify.annotations.NullMarked;
