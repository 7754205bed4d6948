/** The whole product as its users meet it, and the arrows between its rooms. */
@NullMarked
package dev.epd.systemtest;

import org.jspecify.annotations.NullMarked;
