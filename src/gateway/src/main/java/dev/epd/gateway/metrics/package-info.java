/** Names and meaning of everything the gateway measures. */
@NullMarked
package dev.epd.gateway.metrics;

import org.jspecify.annotations.NullMarked;
