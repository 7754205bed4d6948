package dev.epd.contract;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.ForwardingClientCall.SimpleForwardingClientCall;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import java.util.HexFormat;
import java.util.concurrent.ThreadLocalRandom;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** One trace id through all roles, as W3C Trace Context says ({@code 00-trace-span-flags}). */
public final class TraceParent {
  /** The trace of the work at hand; callers set it, calls carry it on. */
  public static final Context.Key<String> CONTEXT = Context.key("traceparent");

  private static final Pattern FORM =
      Pattern.compile("00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}");

  private TraceParent() {}

  public static boolean isValid(@Nullable String value) {
    return value != null && value.length() == 55 && FORM.matcher(value).matches();
  }

  /** A trace nobody has begun before, sampled. */
  public static String newRoot() {
    ThreadLocalRandom random = ThreadLocalRandom.current();
    HexFormat hex = HexFormat.of();
    // The set bit keeps both ids from being all zeros, which the format forbids.
    return "00-"
        + hex.toHexDigits(random.nextLong())
        + hex.toHexDigits(random.nextLong() | 1)
        + "-"
        + hex.toHexDigits(random.nextLong() | 1)
        + "-01";
  }

  /** Sends the context's trace along. */
  public static ClientInterceptor client() {
    return new ClientInterceptor() {
      @Override
      public <Q, A> ClientCall<Q, A> interceptCall(
          MethodDescriptor<Q, A> method, CallOptions options, Channel next) {
        String trace = CONTEXT.get();
        return new SimpleForwardingClientCall<>(next.newCall(method, options)) {
          @Override
          public void start(Listener<A> listener, Metadata headers) {
            if (isValid(trace)) {
              headers.put(CallHeaders.TRACEPARENT, trace);
            }
            super.start(listener, headers);
          }
        };
      }
    };
  }

  /** Puts a caller's trace into the context of the call; a malformed one is dropped. */
  public static ServerInterceptor server() {
    return new ServerInterceptor() {
      @Override
      public <Q, A> ServerCall.Listener<Q> interceptCall(
          ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
        String trace = headers.get(CallHeaders.TRACEPARENT);
        return isValid(trace)
            ? Contexts.interceptCall(
                Context.current().withValue(CONTEXT, trace), call, headers, next)
            : next.startCall(call, headers);
      }
    };
  }
}
