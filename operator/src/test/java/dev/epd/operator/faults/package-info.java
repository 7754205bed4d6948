/**
 * The operator as a process of its own behind a proxy: killed, refused or cut off at any of its
 * writes, and, by the catalogue of faults, held up, lied to, robbed and crowded for a while. Knows
 * the operator from outside only: its program, its rights, the API.
 */
@NullMarked
package dev.epd.operator.faults;

import org.jspecify.annotations.NullMarked;
