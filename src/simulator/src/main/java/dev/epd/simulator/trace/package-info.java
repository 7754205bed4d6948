/** Traces: requests with images over time, generated from a seed or read from a file. */
@NullMarked
package dev.epd.simulator.trace;

import org.jspecify.annotations.NullMarked;
