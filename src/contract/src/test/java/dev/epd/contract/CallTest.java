package dev.epd.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.epd.contract.v1.DescribeRequest;
import dev.epd.contract.v1.NodeDescription;
import dev.epd.contract.v1.NodeGrpc;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.Context;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.Server;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.inprocess.InProcessServerBuilder;
import io.grpc.protobuf.ProtoUtils;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import java.time.Instant;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class CallTest {
  private static final Instant NOW = Instant.parse("2026-11-01T10:00:00Z");
  private static final ClusterKey KEY = ClusterKey.random();
  private static final MethodDescriptor<DescribeRequest, NodeDescription> HEALTH =
      MethodDescriptor.<DescribeRequest, NodeDescription>newBuilder()
          .setType(MethodDescriptor.MethodType.UNARY)
          .setFullMethodName("grpc.health.v1.Health/Check")
          .setRequestMarshaller(ProtoUtils.marshaller(DescribeRequest.getDefaultInstance()))
          .setResponseMarshaller(ProtoUtils.marshaller(NodeDescription.getDefaultInstance()))
          .build();

  private final String name = UUID.randomUUID().toString();
  private ErrorKind failWith = ErrorKind.INTERNAL;
  private boolean fail;
  private Server server;
  private ManagedChannel channel;

  CallTest() throws Exception {
    server =
        InProcessServerBuilder.forName(name)
            .intercept(TraceParent.server())
            .intercept(CallTokens.server(KEY, Role.ENCODER, () -> NOW))
            .addService(new Node())
            .addService(
                ServerServiceDefinition.builder("grpc.health.v1.Health")
                    .addMethod(
                        HEALTH, ServerCalls.asyncUnaryCall((r, out) -> new Node().describe(r, out)))
                    .build())
            .build();
    channel = InProcessChannelBuilder.forName(name).build();
  }

  /** Answers with the trace it saw, or fails as told. */
  private final class Node extends NodeGrpc.NodeImplBase {
    @Override
    public void describe(DescribeRequest request, StreamObserver<NodeDescription> out) {
      if (fail) {
        out.onError(new RoleException(failWith, "at 10.0.0.7:7070").toStatus());
        return;
      }
      String trace = TraceParent.CONTEXT.get();
      out.onNext(NodeDescription.newBuilder().setBootId(trace == null ? "" : trace).build());
      out.onCompleted();
    }
  }

  @BeforeEach
  void start() throws Exception {
    server.start();
  }

  @AfterEach
  void stop() {
    channel.shutdownNow();
    server.shutdownNow();
  }

  private NodeDescription call(ClusterKey key, Role audience, Instant clientTime) {
    return NodeGrpc.newBlockingStub(channel)
        .withInterceptors(CallTokens.client(key, audience, () -> clientTime), TraceParent.client())
        .describe(DescribeRequest.getDefaultInstance());
  }

  private Status refusal(ClusterKey key, Role audience, Instant clientTime) {
    return catchThrowableOfType(StatusRuntimeException.class, () -> call(key, audience, clientTime))
        .getStatus();
  }

  @Test
  void signedCallsPassAndCarryTheTrace() throws Exception {
    String trace = TraceParent.newRoot();
    assertThat(TraceParent.isValid(trace)).isTrue();
    String seen =
        Context.current()
            .withValue(TraceParent.CONTEXT, trace)
            .call(() -> call(KEY, Role.ENCODER, NOW).getBootId());
    assertThat(seen).isEqualTo(trace);
    assertThat(call(KEY, Role.ENCODER, NOW).getBootId()).isEmpty();
  }

  @Test
  void unsignedForeignMisdirectedAndExpiredCallsAreRefused() {
    StatusRuntimeException unsigned =
        catchThrowableOfType(
            StatusRuntimeException.class,
            () -> NodeGrpc.newBlockingStub(channel).describe(DescribeRequest.getDefaultInstance()));
    assertThat(unsigned.getStatus().getCode()).isEqualTo(Status.Code.UNAUTHENTICATED);
    assertThat(RoleException.from(unsigned).kind()).isEqualTo(ErrorKind.UNAUTHENTICATED);
    assertThat(refusal(ClusterKey.random(), Role.ENCODER, NOW).getDescription())
        .contains("not signed");
    assertThat(refusal(KEY, Role.DECODE, NOW).getDescription()).contains("meant for role decode");
    assertThat(refusal(KEY, Role.ENCODER, NOW.minusSeconds(60)).getDescription())
        .contains("expired");
    assertThat(refusal(KEY, Role.ENCODER, NOW.plusSeconds(3600)).getDescription())
        .contains("clocks");
  }

  @Test
  void aTokenIsGoodForOneMethodAndForNoChange() {
    String token = CallTokens.create(KEY, Role.ENCODER, "epd.v1.Node/Describe", NOW.plusSeconds(9));
    assertThat(CallTokens.refusal(KEY, Role.ENCODER, "epd.v1.Node/Describe", token, NOW)).isNull();
    assertThat(CallTokens.refusal(KEY, Role.ENCODER, "epd.v1.Encoder/Encode", token, NOW))
        .isNotNull();
    // All letters: the last one of a signature has bits that decoding drops.
    for (int i = 0; i < token.length(); i++) {
      for (char letter = 'A'; letter <= 'z'; letter++) {
        StringBuilder changed = new StringBuilder(token);
        changed.setCharAt(i, letter);
        if (letter != token.charAt(i)) {
          assertThat(
                  CallTokens.refusal(
                      KEY, Role.ENCODER, "epd.v1.Node/Describe", changed.toString(), NOW))
              .isNotNull();
        }
      }
    }
  }

  @Test
  void healthNeedsNoToken() {
    Channel plain = channel;
    assertThat(
            ClientCalls.blockingUnaryCall(
                plain, HEALTH, CallOptions.DEFAULT, DescribeRequest.getDefaultInstance()))
        .isEqualTo(NodeDescription.getDefaultInstance());
  }

  @ParameterizedTest
  @EnumSource(ErrorKind.class)
  void errorKindsCrossTheWire(ErrorKind kind) {
    fail = true;
    failWith = kind;
    StatusRuntimeException failure =
        catchThrowableOfType(StatusRuntimeException.class, () -> call(KEY, Role.ENCODER, NOW));
    RoleException read = RoleException.from(failure);
    assertThat(read.kind()).isEqualTo(kind);
    assertThat(failure.getStatus().getCode()).isEqualTo(kind.grpcCode());
    if (!kind.clientsFault()) {
      assertThat(read.clientMessage()).doesNotContain("10.0.0.7");
    }
    assertThat(kind.httpStatus()).isBetween(400, 599);
  }

  @ParameterizedTest
  @EnumSource(Status.Code.class)
  void unlabelledStatusesAreJudgedByTheirCode(Status.Code code) {
    assertThat(ErrorKind.ofGrpcCode(code)).isNotNull();
    assertThat(RoleException.from(Status.UNAVAILABLE.asRuntimeException()).kind())
        .isEqualTo(ErrorKind.UNAVAILABLE);
    RoleException hidden = RoleException.from(new IllegalStateException("secret /path"));
    assertThat(hidden.kind()).isEqualTo(ErrorKind.INTERNAL);
    assertThat(hidden.toStatus().getStatus().getDescription()).doesNotContain("secret");
  }
}
