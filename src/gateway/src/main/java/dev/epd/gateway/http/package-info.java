/**
 * HTTP: the server, bodies, API keys, server-sent events.
 *
 * <p>Knows neither images nor roles: a parsed body goes to the handler it was given.
 */
@NullMarked
package dev.epd.gateway.http;

import org.jspecify.annotations.NullMarked;
