/**
 * Ways of a spec that nobody thought of: changes of every field that the definitions know, made
 * from their schemas alone, so that a new field is walked without a new test.
 */
@NullMarked
package dev.epd.operator.walks;

import org.jspecify.annotations.NullMarked;
