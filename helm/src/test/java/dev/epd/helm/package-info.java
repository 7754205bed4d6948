/**
 * What users install: the chart in helm/epd-operator, rendered and installed by Helm itself, and
 * its generated parts. Knows the chart's files, onebox and the operator as a built program.
 */
@NullMarked
package dev.epd.helm;

import org.jspecify.annotations.NullMarked;
