/**
 * What can be known of a model without its tensors' values: configuration, image grid and token
 * count, tokenizer, chat template, positions and limits, read from a Hugging Face checkpoint
 * directory.
 *
 * <p>Knows files and text. Knows no tensor library, no socket, no request and no Kubernetes. {@link
 * dev.epd.modelspec.ModelSpec} is the way in.
 */
@NullMarked
package dev.epd.modelspec;

import org.jspecify.annotations.NullMarked;
