package dev.epd.gateway;

/**
 * What health checks answer from. Read from any thread, never blocks.
 *
 * <p>Empty pools do not make a gateway unready: its requests wait, and a pool at zero is woken by
 * just those requests.
 *
 * @param live the process is sound, however busy
 * @param ready new requests are welcome: listening, pods are being watched, not draining
 * @param reason one line for people when not ready, else empty
 */
public record Readiness(boolean live, boolean ready, String reason) {}
