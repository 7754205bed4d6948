/** Generates the CRDs and tries them on a real API server. May know everything that tests may. */
@NullMarked
package dev.epd.api.v1alpha1;

import org.jspecify.annotations.NullMarked;
