/**
 * A thin layer over libtorch: engine start, tensors with explicit ownership, TorchScript modules
 * written as text, and access to tensor memory through java.lang.foreign. Knows DJL and libtorch;
 * knows nothing of models, pictures or requests. Everything above it sees only {@link
 * dev.epd.runtime.tensor.Tensor}, {@link dev.epd.runtime.tensor.TensorScope} and {@link
 * dev.epd.runtime.tensor.ScriptModule}, and on which {@link dev.epd.runtime.tensor.Device} they
 * are.
 */
@NullMarked
package dev.epd.runtime.tensor;

import org.jspecify.annotations.NullMarked;
