/**
 * The program of every pod: reads flags and environment, starts the one role they name, answers
 * health checks and metrics, drains on SIGTERM. Knows all roles as wholes and nothing of their
 * insides.
 */
@NullMarked
package dev.epd.runtimeimage;

import org.jspecify.annotations.NullMarked;
