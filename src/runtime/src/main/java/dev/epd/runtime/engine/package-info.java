/**
 * The scheduler of one process: one thread that owns every tensor call, the slots of the KV cache,
 * the cache of image embeddings, the sampler. Knows models and pictures as interfaces; knows no
 * wire, no addresses and no roles.
 *
 * <p>Work comes in by {@link dev.epd.runtime.engine.EncodeLane} (pictures) and {@link
 * dev.epd.runtime.engine.LanguageLane} (sequences), whose steps alternate on the {@link
 * dev.epd.runtime.engine.EngineThread}. Time is monotonic and injected; nothing here reads a wall
 * clock.
 */
@NullMarked
package dev.epd.runtime.engine;

import org.jspecify.annotations.NullMarked;
