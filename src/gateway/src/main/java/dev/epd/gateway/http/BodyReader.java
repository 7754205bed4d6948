package dev.epd.gateway.http;

import dev.epd.gateway.openai.ApiException;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

/**
 * Reads one request's body within its bounds. All on the connection's event loop. A body that is
 * too large is refused as soon as it is seen to be; the rest is thrown away for a moment so that
 * the client can read the refusal before the connection closes.
 */
final class BodyReader {
  private static final long LONGEST_UPLOAD_MILLIS = 120_000;
  private static final long DISCARD_MILLIS = 2_000;

  private final Vertx vertx;
  private final HttpServerRequest request;
  private final long maxBytes;
  private final AtomicLong held;
  private final long maxHeld;
  private final Consumer<byte[]> onBody;
  private final Consumer<ApiException> onRefused;

  private Buffer body = Buffer.buffer();
  private long counted;
  private boolean over;
  private long timer = -1;

  BodyReader(
      Vertx vertx,
      HttpServerRequest request,
      long maxBytes,
      AtomicLong held,
      long maxHeld,
      Consumer<byte[]> onBody,
      Consumer<ApiException> onRefused) {
    this.vertx = vertx;
    this.request = request;
    this.maxBytes = maxBytes;
    this.held = held;
    this.maxHeld = maxHeld;
    this.onBody = onBody;
    this.onRefused = onRefused;
  }

  void read() {
    String length = request.getHeader("Content-Length");
    // Anything but digits has been refused by the HTTP decoder.
    if (length != null && (length.length() > 18 || Long.parseLong(length.strip()) > maxBytes)) {
      refuse(tooLarge());
      return;
    }
    timer =
        vertx.setTimer(
            LONGEST_UPLOAD_MILLIS,
            t ->
                refuse(
                    ApiException.of(
                        408, null, "request_timeout", "The body did not arrive in time.")));
    request.handler(this::data);
    request.endHandler(v -> end());
  }

  private void data(Buffer chunk) {
    if (over) {
      return;
    }
    if (counted + chunk.length() > maxBytes) {
      refuse(tooLarge());
      return;
    }
    counted += chunk.length();
    if (held.addAndGet(chunk.length()) > maxHeld) {
      refuse(
          ApiException.overloaded(
              "memory_full",
              "Too many large requests are here already; try again.",
              Duration.ofSeconds(1)));
      return;
    }
    body.appendBuffer(chunk);
  }

  private void end() {
    if (!over) {
      over = true;
      vertx.cancelTimer(timer);
      byte[] bytes = body.getBytes();
      body = Buffer.buffer();
      onBody.accept(bytes);
    }
  }

  /** Bytes this body counts for until {@link #release}. Called once the exchange is over. */
  void release() {
    held.addAndGet(-counted);
    counted = 0;
    over = true;
    body = Buffer.buffer();
    vertx.cancelTimer(timer);
  }

  private void refuse(ApiException failure) {
    if (over) {
      return;
    }
    over = true;
    request.response().putHeader("Connection", "close");
    onRefused.accept(failure);
    discard(vertx, request);
  }

  /** Throws the rest of a body away and closes the connection. */
  private static void discard(Vertx vertx, HttpServerRequest request) {
    request.handler(chunk -> {});
    if (request.isEnded()) {
      closeSoon(vertx, request, 100);
    } else {
      request.endHandler(v -> closeSoon(vertx, request, 100));
      closeSoon(vertx, request, DISCARD_MILLIS);
    }
  }

  private static void closeSoon(Vertx vertx, HttpServerRequest request, long millis) {
    vertx.setTimer(millis, t -> request.connection().close());
  }

  private ApiException tooLarge() {
    return ApiException.of(
        413,
        null,
        "request_too_large",
        "The request's body is larger than %d bytes. Send fewer or smaller images."
            .formatted(maxBytes));
  }
}
