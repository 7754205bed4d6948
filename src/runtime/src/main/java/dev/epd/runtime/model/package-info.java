/**
 * What a served model can do, as small interfaces: a vision tower that encodes patched pictures, a
 * language model that prefills chunks and decodes rows over a slotted KV cache. Knows tensors and
 * patched pictures; knows no scheduler, no requests, no wire. Each model family is a package below
 * this one.
 *
 * <p>Threads: {@link dev.epd.runtime.model.ModelLoader} may run anywhere; everything else here is
 * confined to one engine thread per process. The memory behind {@link
 * dev.epd.runtime.model.KvCache#segment} and {@link dev.epd.runtime.model.KvWindow} may be read and
 * written by other threads, if the engine thread does not touch the same tokens at that time.
 */
@NullMarked
package dev.epd.runtime.model;

import org.jspecify.annotations.NullMarked;
