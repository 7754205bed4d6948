/**
 * Brings a model from a hub into a folder, before a pod's program starts. Knows the hub's public
 * HTTP protocol and files; nothing of models but which files of a repository belong to one.
 */
@NullMarked
package dev.epd.runtimeimage.fetch;

import org.jspecify.annotations.NullMarked;
