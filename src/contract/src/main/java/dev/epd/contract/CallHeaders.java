package dev.epd.contract;

import io.grpc.Metadata;

/** gRPC metadata that roles exchange. */
public final class CallHeaders {
  /** Proof that the caller holds the cluster's key; see {@link CallTokens}. */
  public static final Metadata.Key<String> CALL_TOKEN = ascii("epd-call-token");

  /** Trailer: the name of an {@link ErrorKind}. */
  public static final Metadata.Key<String> ERROR_KIND = ascii("epd-error-kind");

  /** W3C Trace Context. */
  public static final Metadata.Key<String> TRACEPARENT = ascii("traceparent");

  private CallHeaders() {}

  private static Metadata.Key<String> ascii(String name) {
    return Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER);
  }
}
