package dev.epd.onebox.kubelet;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerBuilder;
import io.fabric8.kubernetes.api.model.Probe;
import io.fabric8.kubernetes.api.model.ProbeBuilder;
import io.grpc.Server;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.protobuf.services.HealthStatusManager;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class ProberTest {
  private static final int PATIENCE_MILLIS = 10_000;
  private static final Launch HERE =
      new Launch(List.of(), Map.of("PATH", System.getenv("PATH")), Path.of("."));

  @Test
  void asksGrpcHealthByService() throws Exception {
    HealthStatusManager health = new HealthStatusManager();
    health.setStatus("engine", ServingStatus.SERVING);
    Server server =
        NettyServerBuilder.forAddress(new InetSocketAddress("127.0.0.1", 0))
            .addService(health.getHealthService())
            .build()
            .start();
    int port = server.getPort();
    try {
      Probe probe =
          new ProbeBuilder().withNewGrpc().withPort(port).withService("engine").endGrpc().build();
      Check check = Check.of(probe, new Container(), "127.0.0.1", HERE);
      assertThat(check.ask(PATIENCE_MILLIS)).isEmpty();
      health.setStatus("engine", ServingStatus.NOT_SERVING);
      assertThat(check.ask(PATIENCE_MILLIS)).get().asString().contains("NOT_SERVING");
      health.clearStatus("engine");
      assertThat(check.ask(PATIENCE_MILLIS)).get().asString().contains("NOT_FOUND");
    } finally {
      server.shutdownNow();
    }
    Probe refused = new ProbeBuilder().withNewGrpc().withPort(port).endGrpc().build();
    assertThat(Check.of(refused, new Container(), "127.0.0.1", HERE).ask(PATIENCE_MILLIS))
        .get()
        .asString()
        .contains("UNAVAILABLE");
  }

  @Test
  void reportsChangesByThresholds() throws Exception {
    AtomicInteger status = new AtomicInteger(200);
    HttpServer server = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
    server.createContext(
        "/ready",
        exchange -> {
          exchange.sendResponseHeaders(status.get(), -1);
          exchange.close();
        });
    server.start();
    Container container =
        new ContainerBuilder()
            .addNewPort()
            .withName("web")
            .withContainerPort(server.getAddress().getPort())
            .endPort()
            .build();
    Probe probe =
        new ProbeBuilder()
            .withNewHttpGet()
            .withPath("/ready")
            .withNewPort("web")
            .endHttpGet()
            .withPeriodSeconds(1)
            .withTimeoutSeconds(10)
            .withFailureThreshold(2)
            .build();
    BlockingQueue<Boolean> answers = new LinkedBlockingQueue<>();
    Prober prober =
        Prober.start(
            Prober.Kind.READINESS,
            probe,
            Check.of(probe, container, "127.0.0.1", HERE),
            (kind, passed, why) -> answers.add(passed));
    try {
      assertThat(answers.poll(60, TimeUnit.SECONDS)).isTrue();
      status.set(503);
      assertThat(answers.poll(60, TimeUnit.SECONDS)).isFalse();
      status.set(302);
      assertThat(answers.poll(60, TimeUnit.SECONDS)).isTrue();
      assertThat(answers).isEmpty();
    } finally {
      prober.stop();
      server.stop(0);
    }
  }

  @Test
  void runsCommandsOfExecProbes() throws Exception {
    Probe probe =
        new ProbeBuilder().withNewExec().withCommand("sh", "-c", "exit 7").endExec().build();
    assertThat(Check.of(probe, new Container(), "127.0.0.1", HERE).ask(PATIENCE_MILLIS))
        .contains("the command ended with 7");
    Probe hangs = new ProbeBuilder().withNewExec().withCommand("sleep", "60").endExec().build();
    assertThat(Check.of(hangs, new Container(), "127.0.0.1", HERE).ask(200))
        .contains("the command took longer than 200 ms");
  }
}
