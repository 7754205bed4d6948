package dev.epd.runtimeimage.fetch;

import java.util.Optional;
import java.util.OptionalLong;

/**
 * A file of a repository.
 *
 * @param size in bytes, where the hub says it
 * @param sha256 of its content, lower-case hex, where the hub says it (large files)
 */
record HubFile(String name, OptionalLong size, Optional<String> sha256) {}
