/** Rules of other autoscalers, each after its published source and defaults, and ours. */
@NullMarked
package dev.epd.simulator.policy;

import org.jspecify.annotations.NullMarked;
