/**
 * {@code make demo}: the whole product on one machine, told line by line.
 *
 * <p>Talks to the cluster as a user does (kubectl, YAML files) and to the gateway as an OpenAI
 * client does (HTTP, SSE). Knows no class of the product.
 */
@NullMarked
package dev.epd.onebox.demo;

import org.jspecify.annotations.NullMarked;
