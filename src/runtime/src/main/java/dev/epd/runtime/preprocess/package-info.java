/**
 * From the bytes of a picture to patches: decode, orientation, antialiased bicubic resize,
 * normalisation, patch order. Follows Qwen2VLImageProcessor with the torchvision back end. Knows
 * pictures and the tensor layer; knows no model weights and no requests.
 */
@NullMarked
package dev.epd.runtime.preprocess;

import org.jspecify.annotations.NullMarked;
