/**
 * Pictures before any pixel is decoded: data URLs, file types, sizes, orientation, limits, keys.
 *
 * <p>Pure: bytes in, records out. Never decodes pixels and never opens a connection.
 */
@NullMarked
package dev.epd.gateway.media;

import org.jspecify.annotations.NullMarked;
