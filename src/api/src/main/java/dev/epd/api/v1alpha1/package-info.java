/**
 * The three custom resources of the product, {@code epd.dev/v1alpha1}: what a user may write, what
 * the operator reports, defaults and validation. The CRDs in {@code crds/} are generated from these
 * types; the CEL rules on them carry all validation that a schema can.
 *
 * <p>May know: the Kubernetes object model and its annotations, Jackson annotations. May not know:
 * a client, a clock, any other room of the house.
 *
 * <p>Shapes: every type is a record; a list that is absent reads as empty, an object that is absent
 * as {@code null}. Types are written without their empty parts, so that server-side apply owns
 * nothing by accident.
 */
@NullMarked
package dev.epd.api.v1alpha1;

import org.jspecify.annotations.NullMarked;
