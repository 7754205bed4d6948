/**
 * Reads the safetensors format: names, dtypes, shapes and memory-mapped bytes. Knows nothing of
 * what the tensors mean and computes nothing with them.
 */
@NullMarked
package dev.epd.modelspec.safetensors;

import org.jspecify.annotations.NullMarked;
