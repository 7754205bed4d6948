package dev.epd.gateway.media;

import dev.epd.modelspec.ImageGrid;

/**
 * A picture of which everything is known but its pixels.
 *
 * @param file as the client sent it
 * @param grid patches, the work it makes; for the picture as shown
 * @param cacheKey see {@link CacheKey}
 */
// A record for its parts; two are never compared.
@SuppressWarnings("ArrayRecordComponent")
public record ScannedImage(byte[] file, ImageHeader header, ImageGrid grid, String cacheKey) {}
