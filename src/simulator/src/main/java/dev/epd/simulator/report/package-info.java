/** Outcomes as Markdown, CSV and SVG. */
@NullMarked
package dev.epd.simulator.report;

import org.jspecify.annotations.NullMarked;
