package dev.epd.systemtest;

import static dev.epd.systemtest.Chat.about;
import static org.assertj.core.api.Assertions.assertThat;

import dev.epd.onebox.demo.ShapePicture;
import dev.epd.onebox.demo.ShapePicture.Colour;
import dev.epd.onebox.demo.ShapePicture.Shape;
import io.fabric8.kubernetes.api.model.Pod;
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
    // Always the same file: an encoder has it, so it is no work and keeps none.
    Crowd trickle = Crowd.ofOneFile(chat, SMALL);
    Crowd burst = Crowd.withNewFiles(chat, PHOTO, PHOTO.png(), 40);
    try (trickle;
        burst) {
      World.eventually(() -> assertThat(replicas()).isEqualTo("3"));
      Pod operator = world.operatorPod();
      assertThat(world.process(operator).destroyForcibly()).isTrue();
      World.eventually(
          () -> assertThat(restarts(world.operatorPod())).isGreaterThan(restarts(operator)));
      assertThat(replicas()).isEqualTo("3");
      World.eventually(() -> assertThat(world.readyPods(NS, CLUSTER, "encoder")).hasSize(3));
      burst.close();
      int before = trickle.right();
      World.eventually(
          () -> {
            assertThat(replicas()).isEqualTo("1");
            assertThat(world.pods(NS, CLUSTER, "encoder")).hasSize(1);
          });
      assertThat(trickle.right()).isGreaterThan(before);
    }
    assertThat(burst.other()).isEmpty();
    assertThat(trickle.other()).isEmpty();
    assertThat(burst.right()).isPositive();
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

  private static int restarts(Pod pod) {
    return pod.getStatus().getContainerStatuses().getFirst().getRestartCount();
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
