package dev.epd.gateway.http;

import java.time.Duration;
import java.util.Optional;

/**
 * Who asks, from the request's head.
 *
 * @param tenant the API key's name; empty when no keys are required
 * @param requestId sent back as {@code x-request-id}
 * @param timeout what the client asked for in {@code x-request-timeout-ms}
 * @param traceparent W3C Trace Context, valid; begun here when the client sent none
 */
public record Caller(
    String tenant, String requestId, Optional<Duration> timeout, String traceparent) {}
