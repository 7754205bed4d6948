/**
 * A small kubelet: registers a node and runs the Pods bound to it as local processes, each pod with
 * an address of its own in 127.0.0.0/16.
 *
 * <p>It follows the real kubelet where a program can tell the difference: environment, probes,
 * restarts, termination, statuses. What it cannot give is isolation: pods share files, users and
 * ports of the machine, and resource limits only count for scheduling.
 */
@NullMarked
package dev.epd.onebox.kubelet;

import org.jspecify.annotations.NullMarked;
