/**
 * The operator as a process of its own behind a proxy that can kill it at any of its writes, refuse
 * them, or cut its watches. Knows the operator from outside only: its program, its rights, the API.
 */
@NullMarked
package dev.epd.operator.faults;

import org.jspecify.annotations.NullMarked;
