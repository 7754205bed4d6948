/**
 * What if: how many pods of each role a workload needs, from the same simulator that the autoscaler
 * is measured with. A command; knows no Kubernetes.
 */
@NullMarked
package dev.epd.simulator.plan;

import org.jspecify.annotations.NullMarked;
