/**
 * Kubernetes on one machine: a real control plane as local processes and, in {@code kubelet}, a
 * node that runs Pods as local processes.
 *
 * <p>May know Kubernetes and the operating system. Must not know the product: what an image means
 * on this machine is data that its user hands in.
 */
@NullMarked
package dev.epd.onebox;

import org.jspecify.annotations.NullMarked;
