package dev.epd.gateway.openai;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * A refusal or failure as the client sees it: an HTTP status and the fields of OpenAI's error
 * object ({@code message, type, param, code}). The message says what to do and carries nothing
 * internal.
 */
public final class ApiException extends Exception {
  private static final long serialVersionUID = 1L;

  private final int status;
  private final String type;
  private final @Nullable String param;
  private final @Nullable String code;
  private final transient @Nullable Duration retryAfter;

  /** Every field given. */
  public ApiException(
      int status,
      String type,
      @Nullable String param,
      @Nullable String code,
      String message,
      @Nullable Duration retryAfter) {
    // No stack trace: most of these are answers to clients, sent in numbers under overload.
    super(message, null, false, false);
    this.status = status;
    this.type = type;
    this.param = param;
    this.code = code;
    this.retryAfter = retryAfter;
  }

  /** 400, {@code invalid_request_error}. */
  public static ApiException badRequest(
      @Nullable String param, @Nullable String code, String message) {
    return of(400, param, code, message);
  }

  /** Any 4xx of type {@code invalid_request_error}. */
  public static ApiException of(
      int status, @Nullable String param, @Nullable String code, String message) {
    return new ApiException(status, "invalid_request_error", param, code, message, null);
  }

  /** 429: too much is waiting here already. */
  public static ApiException overloaded(String code, String message, Duration retryAfter) {
    return new ApiException(429, "rate_limit_error", null, code, message, retryAfter);
  }

  /** 503: no capacity, or a pod failed and the retries are used up. */
  public static ApiException unavailable(String code, String message, Duration retryAfter) {
    return new ApiException(503, "server_error", null, code, message, retryAfter);
  }

  /** 504: the request's deadline passed. */
  public static ApiException timeout(String message) {
    return new ApiException(504, "server_error", null, "deadline_exceeded", message, null);
  }

  /** 500: our own fault. */
  public static ApiException internal(String message) {
    return new ApiException(500, "server_error", null, "internal_error", message, null);
  }

  public int status() {
    return status;
  }

  public String type() {
    return type;
  }

  public @Nullable String param() {
    return param;
  }

  public @Nullable String code() {
    return code;
  }

  /** When set, sent as {@code Retry-After} in whole seconds, at least 1. */
  public @Nullable Duration retryAfter() {
    return retryAfter;
  }

  /** The message, never null. */
  public String text() {
    return String.valueOf(getMessage());
  }
}
