/** Decisions, tried on golden files, on properties and on a real API server. */
@NullMarked
package dev.epd.planner;

import org.jspecify.annotations.NullMarked;
