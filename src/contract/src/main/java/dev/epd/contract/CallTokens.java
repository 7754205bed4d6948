package dev.epd.contract;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.ForwardingClientCall.SimpleForwardingClientCall;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/**
 * Proof with every control call that the caller belongs to the cluster: {@code 1.<expiry
 * ms>.<audience>.<HMAC>}, where the HMAC also covers the method's full name. A token seen on the
 * way is good for one method of one role for a short time.
 */
public final class CallTokens {
  /** How long a token is good; covers the clocks' difference and the way, not the call's length. */
  public static final Duration VALIDITY = Duration.ofMinutes(1);

  /** A token that claims to be good for longer than this was not made by {@link #client}. */
  private static final Duration LONGEST = Duration.ofMinutes(10);

  private static final String PURPOSE = "epd-call";
  private static final String VERSION = "1";
  private static final int MAX_TOKEN = 200;
  private static final String HEALTH_SERVICE = "grpc.health.v1.Health";
  private static final Base64.Encoder BASE64 = Base64.getUrlEncoder().withoutPadding();

  private CallTokens() {}

  /** Signs calls to pods of the given role. */
  public static ClientInterceptor client(ClusterKey key, Role audience, InstantSource clock) {
    return new ClientInterceptor() {
      @Override
      public <Q, A> ClientCall<Q, A> interceptCall(
          MethodDescriptor<Q, A> method, CallOptions options, Channel next) {
        return new SimpleForwardingClientCall<>(next.newCall(method, options)) {
          @Override
          public void start(Listener<A> listener, Metadata headers) {
            headers.put(
                CallHeaders.CALL_TOKEN,
                create(key, audience, method.getFullMethodName(), clock.instant().plus(VALIDITY)));
            super.start(listener, headers);
          }
        };
      }
    };
  }

  /** Refuses calls to this role that are not signed; health checks pass, kubelets hold no key. */
  public static ServerInterceptor server(ClusterKey key, Role self, InstantSource clock) {
    return new ServerInterceptor() {
      @Override
      public <Q, A> ServerCall.Listener<Q> interceptCall(
          ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
        MethodDescriptor<Q, A> method = call.getMethodDescriptor();
        if (HEALTH_SERVICE.equals(method.getServiceName())) {
          return next.startCall(call, headers);
        }
        String refusal =
            refusal(
                key,
                self,
                method.getFullMethodName(),
                headers.get(CallHeaders.CALL_TOKEN),
                clock.instant());
        if (refusal == null) {
          return next.startCall(call, headers);
        }
        Metadata trailers = new Metadata();
        trailers.put(CallHeaders.ERROR_KIND, ErrorKind.UNAUTHENTICATED.name());
        call.close(io.grpc.Status.UNAUTHENTICATED.withDescription(refusal), trailers);
        return new ServerCall.Listener<>() {};
      }
    };
  }

  static String create(ClusterKey key, Role audience, String method, Instant expiry) {
    String claims = VERSION + "." + expiry.toEpochMilli() + "." + audience.wireName();
    byte[] signed = signed(claims, method);
    return claims + "." + BASE64.encodeToString(key.sign(PURPOSE, signed, signed.length));
  }

  /** Null when the token is good. */
  static @Nullable String refusal(
      ClusterKey key, Role self, String method, @Nullable String token, Instant now) {
    if (token == null) {
      return "the call carries no token; callers must hold the cluster's signing key";
    }
    int end = token.lastIndexOf('.');
    if (end < 0 || token.length() > MAX_TOKEN) {
      return "the call's token is malformed";
    }
    String claims = token.substring(0, end);
    byte[] signed = signed(claims, method);
    if (!key.isSignature(decoded(token.substring(end + 1)), PURPOSE, signed, signed.length)) {
      return "the call's token is not signed with this cluster's key for this method";
    }
    // Signed by a holder of the key, so the claims have the form that create() gives them.
    String[] fields = claims.split("\\.", -1);
    if (fields.length != 3 || !fields[0].equals(VERSION)) {
      return "the call's token has another version";
    }
    Instant expiry = Instant.ofEpochMilli(Long.parseLong(fields[1]));
    if (!now.isBefore(expiry) || expiry.isAfter(now.plus(LONGEST))) {
      return "the call's token is expired, or the clocks of the nodes differ";
    }
    if (!fields[2].equals(self.wireName())) {
      return "the call is meant for role " + fields[2] + ", this is " + self.wireName();
    }
    return null;
  }

  private static byte[] signed(String claims, String method) {
    return (claims + "\n" + method).getBytes(StandardCharsets.UTF_8);
  }

  /** Nothing that was signed, if it is not base64 as {@link #create} writes it. */
  private static byte[] decoded(String signature) {
    try {
      byte[] bytes = Base64.getUrlDecoder().decode(signature);
      return BASE64.encodeToString(bytes).equals(signature) ? bytes : new byte[0];
    } catch (IllegalArgumentException e) {
      return new byte[0];
    }
  }
}
