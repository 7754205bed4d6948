/**
 * The OpenAI dialect: requests with bounds on every field, answers, chunks and errors.
 *
 * <p>Pure: no socket, no clock, no model.
 */
@NullMarked
package dev.epd.gateway.openai;

import org.jspecify.annotations.NullMarked;
