/**
 * The operator process: wiring, leadership, health and metrics. One package per kind holds the
 * reconcilers; each observes, asks a pure planner, applies and reports.
 */
@NullMarked
package dev.epd.operator;

import org.jspecify.annotations.NullMarked;
