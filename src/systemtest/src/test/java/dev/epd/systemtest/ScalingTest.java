package dev.epd.systemtest;

import static dev.epd.systemtest.Chat.about;
import static org.assertj.core.api.Assertions.assertThat;

import dev.epd.onebox.demo.ShapePicture;
import dev.epd.onebox.demo.ShapePicture.Colour;
import dev.epd.onebox.demo.ShapePicture.Shape;
import io.fabric8.kubernetes.api.model.Pod;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** The encoder pool follows the pictures by itself. */
class ScalingTest {
  private static final String NS = "default";
  private static final String CLUSTER = "quickstart";

  /** So large that reading it is most of an encoder's work. */
  private static final ShapePicture PHOTO =
      ShapePicture.sideBySide(2240, 1400, Colour.BLUE, Shape.CIRCLE, Colour.YELLOW, Shape.CIRCLE);

  private static final ShapePicture SMALL =
      ShapePicture.sideBySide(196, 112, Colour.RED, Shape.CIRCLE, Colour.BLUE, Shape.SQUARE);

  private final World world = World.get();

  @Test
  void aBurstGrowsThePoolAndItsEndShrinksItAlsoWhenTheOperatorIsKilled() throws Exception {
    Chat chat = world.quickstart();
    AtomicBoolean burst = new AtomicBoolean(true);
    AtomicBoolean trickle = new AtomicBoolean(true);
    AtomicInteger right = new AtomicInteger();
    Set<String> other = new ConcurrentSkipListSet<>();
    AtomicInteger onTheWayDown = new AtomicInteger();
    AtomicInteger number = new AtomicInteger();
    byte[] photo = PHOTO.png();
    byte[] small = SMALL.png();
    try (ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < 40; i++) {
        clients.execute(
            () ->
                ask(
                    chat,
                    PHOTO,
                    () -> ShapePicture.another(photo, number.incrementAndGet()),
                    burst,
                    right,
                    other));
      }
      // Always the same file: an encoder has it, so it is no work and keeps none.
      clients.execute(() -> ask(chat, SMALL, () -> small, trickle, onTheWayDown, other));
      try {
        World.eventually(() -> assertThat(replicas()).isEqualTo("3"));
        Pod operator = world.operatorPod();
        assertThat(world.process(operator).destroyForcibly()).isTrue();
        World.eventually(
            () ->
                assertThat(
                        world
                            .operatorPod()
                            .getStatus()
                            .getContainerStatuses()
                            .getFirst()
                            .getRestartCount())
                    .isGreaterThan(
                        operator.getStatus().getContainerStatuses().getFirst().getRestartCount()));
        assertThat(replicas()).isEqualTo("3");
        World.eventually(() -> assertThat(world.readyPods(NS, CLUSTER, "encoder")).hasSize(3));
        burst.set(false);
        int before = onTheWayDown.get();
        World.eventually(
            () -> {
              assertThat(replicas()).isEqualTo("1");
              assertThat(world.pods(NS, CLUSTER, "encoder")).hasSize(1);
            });
        assertThat(onTheWayDown.get()).isGreaterThan(before);
      } finally {
        burst.set(false);
        trickle.set(false);
      }
    }
    assertThat(other).isEmpty();
    assertThat(right).hasPositiveValue();
    assertThat(
            world.kubectl(
                "get", "epool", "quickstart-encoder", "-o", "jsonpath={.status.lastDecision}"))
        .contains("\"from\":", "\"to\":1", "reason");
    assertThat(
            world.kubectl(
                "get", "events", "--field-selector=involvedObject.name=quickstart-encoder"))
        .contains("quickstart-encoder");
  }

  @Test
  void thePoolStandsStillAndSaysSoWhileNoGatewayAnswers() throws Exception {
    world.quickstart();
    ProcessHandle gateway = world.process(world.readyPods(NS, CLUSTER, "gateway").getFirst());
    signal("-STOP", gateway);
    try {
      World.eventually(() -> assertThat(autoscalingActive()).isEqualTo("False/MetricsMissing"));
      assertThat(replicas()).isEqualTo("1");
    } finally {
      signal("-CONT", gateway);
    }
    world.quickstart();
    World.eventually(() -> assertThat(autoscalingActive()).startsWith("True/"));
  }

  @Test
  void theFirstPictureWakesAPoolAtZero() {
    String ns = world.namespace("from-zero");
    world.apply(ns, "quickstart.yaml", "minReplicas: 1", "minReplicas: 0");
    Chat chat = world.chat(ns, CLUSTER);
    World.eventually(() -> assertThat(world.pods(ns, CLUSTER, "encoder")).isEmpty());
    world.awaitReady(ns, CLUSTER);

    Chat.Reply reply = chat.ask(about(PHOTO.png()));

    assertThat(reply.status()).as(reply.body()).isEqualTo(200);
    assertThat(reply.text()).isEqualTo(PHOTO.truth());
    World.eventually(() -> assertThat(world.pods(ns, CLUSTER, "encoder")).isEmpty());
    world.kubectl("delete", "namespace", ns, "--wait=false");
  }

  @Test
  void aPolicyThatIsOffLeavesThePoolAlone() {
    String ns = world.namespace("off");
    world.apply(ns, "quickstart.yaml", "spec:\n  signals:", "spec:\n  mode: \"Off\"\n  signals:");
    world.awaitReady(ns, CLUSTER);
    Chat chat = world.chat(ns, CLUSTER);
    byte[] png = PHOTO.png();

    List<CompletableFuture<Chat.Reply>> burst =
        IntStream.range(0, 40).mapToObj(i -> chat.askAsync(about(png))).toList();

    assertThat(burst).allSatisfy(r -> assertThat(r.join().text()).isEqualTo(PHOTO.truth()));
    assertThat(world.pods(ns, CLUSTER, "encoder")).hasSize(1);
    World.eventually(
        () ->
            assertThat(
                    world.kubectl(
                        "get",
                        "epd",
                        CLUSTER,
                        "-n",
                        ns,
                        "-o",
                        "jsonpath={.status.conditions[?(@.type==\"AutoscalingActive\")].reason}"))
                .isEqualTo("AutoscalingOff"));
    world.kubectl("delete", "namespace", ns, "--wait=false");
  }

  private static void ask(
      Chat chat,
      ShapePicture picture,
      Supplier<byte[]> file,
      AtomicBoolean goesOn,
      AtomicInteger right,
      Set<String> other) {
    while (goesOn.get()) {
      Chat.Reply reply = chat.ask(about(file.get()));
      if (reply.status() == 200 && reply.text().equals(picture.truth())) {
        right.incrementAndGet();
      } else {
        other.add(reply.body());
      }
    }
  }

  private static void signal(String signal, ProcessHandle process) throws Exception {
    new ProcessBuilder("kill", signal, Long.toString(process.pid())).start().waitFor();
  }

  private String autoscalingActive() {
    String condition = ".status.conditions[?(@.type==\"AutoscalingActive\")]";
    return world.kubectl(
        "get", "epd", CLUSTER, "-o", "jsonpath={%1$s.status}/{%1$s.reason}".formatted(condition));
  }

  private String replicas() {
    return world.kubectl("get", "epool", "quickstart-encoder", "-o", "jsonpath={.spec.replicas}");
  }
}
