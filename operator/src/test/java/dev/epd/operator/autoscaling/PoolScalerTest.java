package dev.epd.operator.autoscaling;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.epd.api.v1alpha1.EPDAutoscalingPolicy;
import dev.epd.api.v1alpha1.EPDCluster;
import dev.epd.api.v1alpha1.EPDPool;
import dev.epd.api.v1alpha1.Role;
import dev.epd.operator.autoscaling.LoadTargets.Endpoint;
import dev.epd.operator.autoscaling.Scrape.Page;
import dev.epd.operator.kube.Events;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** One pool's loop over pods that change while it looks. */
class PoolScalerTest {
  private static final Instant NOW = Instant.parse("2026-01-01T00:10:00Z");
  private static final String ALL_SLOTS_TAKEN = "epd_kv_slots 8\nepd_kv_slots_free 0\n";
  private static final String NOTHING_WAITS = "epd_queue_blocked_requests{by=\"decode\"} 0\n";

  private EPDPool pool = pool(7, 2);

  /** Of the API server's answers; 0: the connection breaks. */
  private int answer = 200;

  private final World world = new World();

  /** What the API server was sent: path and body. */
  private final List<String> writes = Collections.synchronizedList(new ArrayList<>());

  private static EPDPool pool(int version, int replicas) {
    return Serialization.unmarshal(
        """
        kind: EPDPool
        apiVersion: epd.dev/v1alpha1
        metadata:
          name: c-decode
          namespace: n
          uid: u
          resourceVersion: "%d"
          managedFields: [{manager: epd-autoscaler, fieldsV1: {"f:spec": {"f:replicas": {}}}}]
        spec:
          clusterRef: {name: c}
          role: decode
          replicas: %d
          replicasOwner: Autoscaler
          autoscaling: {maxReplicas: 6}
        """
            .formatted(version, replicas),
        EPDPool.class);
  }

  /** A pod that is ready, full and alone asks for two; two that are asked for three. */
  @Test
  void aPodThatBecomesReadyWhileThePagesAreReadIsNoPartOfTheirShare() throws Exception {
    world.second = "False";
    world.whileRead = () -> world.second = "True";
    look();
    assertThat(writes).noneMatch(write -> write.contains("/scale"));
  }

  @Test
  void twoPodsThatAreFullAskForAThird() throws Exception {
    look();
    assertThat(writes)
        .filteredOn(write -> write.contains("/scale"))
        .singleElement()
        .asString()
        .contains("\"replicas\":3");
  }

  /** Its gateway goes first; a load that is not known is no reason to buy pods meanwhile. */
  @Test
  void aPoolOfAClusterThatIsSuspendedIsLeftAsItIs() throws Exception {
    world.suspended = true;
    look();
    assertThat(writes).isEmpty();
  }

  /** The pool that the next look sees shows that it was done: it is told then, once. */
  @Test
  void aNumberWhoseAnswerIsLostIsTold() throws Exception {
    world.looks = 3;
    answer = 0;
    world.afterALook =
        () -> {
          answer = 200;
          pool = pool(8, 3);
        };
    look();
    assertThat(writes).filteredOn(write -> write.contains("/scale")).hasSize(1);
    assertThat(writes)
        .filteredOn(write -> write.contains("\"Scaled\""))
        .singleElement()
        .asString()
        .contains("From 2 to 3 replicas");
  }

  /** The second look sees the pool as it was before the first one wrote. */
  @Test
  void aNumberThatWasWrittenIsToldOnce() throws Exception {
    world.looks = 3;
    world.afterALook =
        () -> {
          answer = world.looks == 2 ? 409 : 200;
          pool = world.looks == 2 ? pool(7, 2) : pool(8, 3);
        };
    look();
    assertThat(writes).filteredOn(write -> write.contains("/scale")).hasSize(2);
    assertThat(writes).filteredOn(write -> write.contains("\"Scaled\"")).hasSize(1);
  }

  private void look() throws Exception {
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 16);
    server.createContext("/", this::accept);
    server.start();
    Config config =
        new ConfigBuilder(Config.empty())
            .withMasterUrl("http://127.0.0.1:" + server.getAddress().getPort())
            .withRequestRetryBackoffLimit(0)
            .build();
    try (KubernetesClient client = new KubernetesClientBuilder().withConfig(config).build()) {
      new PoolScaler(
              "n",
              "c-decode",
              "u",
              world,
              world,
              new ScaleWriter(client),
              new Events(client, () -> NOW, "test"),
              new ScalingMetrics(new SimpleMeterRegistry()),
              new Neighbours(),
              () -> NOW)
          .run();
    } finally {
      server.stop(0);
    }
  }

  private void accept(HttpExchange exchange) throws IOException {
    try (exchange) {
      String body = new String(exchange.getRequestBody().readAllBytes(), UTF_8);
      writes.add(exchange.getRequestURI().getPath() + " " + body);
      if (answer == 0) {
        return;
      }
      byte[] text = body.getBytes(UTF_8);
      exchange.getResponseHeaders().add("Content-Type", "application/json");
      exchange.sendResponseHeaders(answer, text.length);
      exchange.getResponseBody().write(text);
    }
  }

  /** Two pods of the pool, and a gateway; the pool goes after so many looks. */
  private final class World implements PoolView, LoadSource {
    private String second = "True";
    private Runnable whileRead = () -> {};
    private boolean suspended;
    private int looks = 1;
    private boolean over;
    private Runnable afterALook = () -> {};

    @Override
    public Optional<EPDPool> pool(String namespace, String name) {
      return name.equals("c-gateway") ? gateway() : over ? Optional.empty() : Optional.of(pool);
    }

    private Optional<EPDPool> gateway() {
      String yaml =
          """
          kind: EPDPool
          apiVersion: epd.dev/v1alpha1
          metadata: {name: c-gateway, namespace: n}
          spec: {clusterRef: {name: c}, role: gateway, suspend: %s}
          """;
      return Optional.of(Serialization.unmarshal(yaml.formatted(suspended), EPDPool.class));
    }

    @Override
    public Optional<EPDCluster> cluster(String namespace, String name) {
      return Optional.empty();
    }

    @Override
    public Optional<EPDAutoscalingPolicy> policy(String namespace, String name) {
      return Optional.empty();
    }

    @Override
    public List<Pod> pods(String namespace, String cluster, Role role) {
      looks -= role == Role.GATEWAY ? 1 : 0;
      return role == Role.GATEWAY
          ? List.of(pod("gateway", "True"))
          : List.of(pod("one", "True"), pod("two", second));
    }

    private static Pod pod(String name, String ready) {
      return Serialization.unmarshal(
          """
          kind: Pod
          apiVersion: v1
          metadata: {name: %s, creationTimestamp: "2026-01-01T00:09:00Z"}
          status:
            phase: Running
            podIP: 127.0.0.1
            conditions: [{type: Ready, status: "%s"}]
          """
              .formatted(name, ready),
          Pod.class);
    }

    @Override
    public Scrape read(LoadTargets targets) {
      whileRead.run();
      return new Scrape(
          NOW, pages(targets.gateways(), NOTHING_WAITS), pages(targets.pods(), ALL_SLOTS_TAKEN));
    }

    private static List<Page> pages(List<Endpoint> asked, String text) {
      return asked.stream().map(pod -> new Page(pod.pod(), PrometheusText.parse(text))).toList();
    }

    @Override
    public @Nullable String get(URI page) {
      throw new AssertionError("asked for " + page);
    }

    @Override
    public boolean awaitNextLook(LoadTargets targets, boolean asleep, Duration atMost)
        throws InterruptedException {
      afterALook.run();
      over = looks <= 0;
      if (!over) {
        Thread.sleep(atMost);
      }
      return false;
    }
  }
}
