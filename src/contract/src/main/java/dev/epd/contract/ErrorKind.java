package dev.epd.contract;

import io.grpc.Status;

/**
 * What went wrong between roles, who can do something about it, and what the client is told. Types
 * and codes follow the OpenAI API's error objects.
 */
public enum ErrorKind {
  INVALID_REQUEST(
      Status.Code.INVALID_ARGUMENT,
      Retry.NO,
      400,
      "invalid_request_error",
      "invalid_request",
      "The request is not valid."),
  CONTEXT_TOO_LONG(
      Status.Code.INVALID_ARGUMENT,
      Retry.NO,
      400,
      "invalid_request_error",
      "context_length_exceeded",
      "The prompt and the requested answer do not fit into the model's context."),
  /** Cannot be decoded, or is not what its header says. */
  INVALID_IMAGE(
      Status.Code.INVALID_ARGUMENT,
      Retry.NO,
      422,
      "invalid_request_error",
      "invalid_image",
      "The image cannot be read."),
  IMAGE_TOO_LARGE(
      Status.Code.INVALID_ARGUMENT,
      Retry.NO,
      413,
      "invalid_request_error",
      "image_too_large",
      "The image is too large."),
  /** A bounded queue or pool is full. */
  OVERLOADED(
      Status.Code.RESOURCE_EXHAUSTED,
      Retry.ELSEWHERE,
      429,
      "rate_limit_error",
      "overloaded",
      "The service is at its limit; try again later."),
  /** The pod is starting, draining or gone. */
  UNAVAILABLE(
      Status.Code.UNAVAILABLE,
      Retry.ELSEWHERE,
      503,
      "server_error",
      "service_unavailable",
      "The service is not available at the moment; try again."),
  /** Nothing is left of the time the client gave. */
  DEADLINE(
      Status.Code.DEADLINE_EXCEEDED,
      Retry.NO,
      504,
      "server_error",
      "deadline_exceeded",
      "The request took longer than its deadline."),
  /** The client went away; 499 is what proxies log for it. */
  CANCELLED(
      Status.Code.CANCELLED,
      Retry.NO,
      499,
      "server_error",
      "request_cancelled",
      "The request was cancelled."),
  /** The receiver's buffers are gone: expired, released, or superseded by another attempt. */
  RESERVATION_LOST(
      Status.Code.FAILED_PRECONDITION,
      Retry.ELSEWHERE,
      503,
      "server_error",
      "service_unavailable",
      "The service is not available at the moment; try again."),
  /** Two roles do not run the same model. */
  MODEL_MISMATCH(
      Status.Code.FAILED_PRECONDITION,
      Retry.ELSEWHERE,
      503,
      "server_error",
      "service_unavailable",
      "The service is not available at the moment; try again."),
  /** A call or ticket without the cluster's signature: a fault of ours, not of the client. */
  UNAUTHENTICATED(
      Status.Code.UNAUTHENTICATED,
      Retry.NO,
      500,
      "server_error",
      "internal_error",
      "An internal error occurred."),
  INTERNAL(
      Status.Code.INTERNAL,
      Retry.ELSEWHERE,
      500,
      "server_error",
      "internal_error",
      "An internal error occurred.");

  private enum Retry {
    NO,
    ELSEWHERE
  }

  private final Status.Code grpcCode;
  private final Retry retry;
  private final int httpStatus;
  private final String openAiType;
  private final String openAiCode;
  private final String clientMessage;

  ErrorKind(
      Status.Code grpcCode,
      Retry retry,
      int httpStatus,
      String openAiType,
      String openAiCode,
      String clientMessage) {
    this.grpcCode = grpcCode;
    this.retry = retry;
    this.httpStatus = httpStatus;
    this.openAiType = openAiType;
    this.openAiCode = openAiCode;
    this.clientMessage = clientMessage;
  }

  public Status.Code grpcCode() {
    return grpcCode;
  }

  /** Whether the same work may succeed on another pod. */
  public boolean retryElsewhere() {
    return retry == Retry.ELSEWHERE;
  }

  /** What the gateway answers with. */
  public int httpStatus() {
    return httpStatus;
  }

  /** {@code error.type} of the OpenAI error object. */
  public String openAiType() {
    return openAiType;
  }

  /** {@code error.code} of the OpenAI error object. */
  public String openAiCode() {
    return openAiCode;
  }

  /** A sentence that tells a client nothing about our insides. */
  public String clientMessage() {
    return clientMessage;
  }

  /**
   * Whether the client's input is at fault, so that a role's own words about it help and are safe.
   */
  public boolean clientsFault() {
    return httpStatus >= 400 && httpStatus < 429;
  }

  /** The kind that fits a status nobody labelled: a connection's own failure, gRPC's deadline. */
  public static ErrorKind ofGrpcCode(Status.Code code) {
    return switch (code) {
      case UNAVAILABLE -> UNAVAILABLE;
      case DEADLINE_EXCEEDED -> DEADLINE;
      case CANCELLED -> CANCELLED;
      case RESOURCE_EXHAUSTED -> OVERLOADED;
      case INVALID_ARGUMENT, OUT_OF_RANGE -> INVALID_REQUEST;
      case FAILED_PRECONDITION, ABORTED, NOT_FOUND -> RESERVATION_LOST;
      case UNAUTHENTICATED, PERMISSION_DENIED -> UNAUTHENTICATED;
      case OK, UNKNOWN, ALREADY_EXISTS, UNIMPLEMENTED, INTERNAL, DATA_LOSS -> INTERNAL;
    };
  }
}
