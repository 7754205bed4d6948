/**
 * {@code make bench}: how fast the product is, measured on the programs that users run.
 *
 * <p>May see everything, nothing sees it. Cases that are compared run in turns within one process,
 * so that their ratio does not depend on what else the machine did. Nothing here asserts a time.
 */
@NullMarked
package dev.epd.bench;

import org.jspecify.annotations.NullMarked;
