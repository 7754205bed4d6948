/**
 * What the reconcilers and the autoscaler share to write to the API server: applying an intent only
 * where it differs from what is there, and events; how informers list, read and hold what they
 * watch, also what they cannot read, and whether they have all of it; and which objects are looked
 * at first by who begins to lead.
 *
 * <p>Knows no plan and no policy.
 */
@NullMarked
package dev.epd.operator.kube;

import org.jspecify.annotations.NullMarked;
