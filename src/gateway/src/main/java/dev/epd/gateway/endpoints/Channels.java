package dev.epd.gateway.endpoints;

import dev.epd.contract.CallTokens;
import dev.epd.contract.ClusterKey;
import dev.epd.contract.TraceParent;
import io.grpc.ManagedChannel;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import java.time.InstantSource;
import java.util.concurrent.Executor;

/** Opens connections to pods: plain HTTP/2 within the cluster, every call signed and traced. */
public final class Channels {
  /** Answers are tokens and small events. */
  private static final int MAX_ANSWER_BYTES = 1 << 20;

  private final ClusterKey key;
  private final InstantSource clock;
  private final Executor callbacks;

  /** Callbacks of calls run on that executor. */
  public Channels(ClusterKey key, InstantSource clock, Executor callbacks) {
    this.key = key;
    this.clock = clock;
    this.callbacks = callbacks;
  }

  ManagedChannel open(Endpoint endpoint) {
    return NettyChannelBuilder.forAddress(endpoint.host(), endpoint.controlPort())
        .usePlaintext()
        .executor(callbacks)
        .maxInboundMessageSize(MAX_ANSWER_BYTES)
        .intercept(CallTokens.client(key, endpoint.role(), clock), TraceParent.client())
        .disableRetry() // retries are the router's alone
        .build();
  }
}
