/**
 * Scaling policies against traces under a virtual clock: the product's own decision code beside
 * those of its peers, with the clairvoyant optimum as the bound.
 *
 * <p>Knows the autoscaler and nothing else of ours; no wall clock, no network. Only the commands
 * read and write files.
 */
@NullMarked
package dev.epd.simulator;

import org.jspecify.annotations.NullMarked;
