package dev.epd.systemtest;

import static dev.epd.systemtest.Chat.about;
import static org.assertj.core.api.Assertions.assertThat;

import dev.epd.onebox.demo.ShapePicture;
import dev.epd.onebox.demo.ShapePicture.Colour;
import dev.epd.onebox.demo.ShapePicture.Shape;
import java.util.List;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;

/** kubectl in, the state of the world out. */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class ControlTest {
  private static final ShapePicture PICTURE =
      ShapePicture.one(112, 112, Colour.BLUE, Shape.TRIANGLE);
  private static final String CHILDREN =
      "epool,deploy,rs,controllerrevisions,pods,svc,sa,secrets,roles,rolebindings,pdb,netpol";

  private final World world = World.get();

  @Test
  @Order(1)
  void kubectlTellsTheStory() {
    world.quickstart();
    assertThat(world.kubectl("get", "epd"))
        .contains("READY", "ENCODER", "PREFILL", "DECODE")
        .containsPattern("quickstart +True +\\d/\\d +1/1 +1/1");
    assertThat(world.kubectl("get", "epool"))
        .contains("ROLE", "OWNER")
        .containsPattern("quickstart-encoder +encoder .* Autoscaler");
    assertThat(world.kubectl("explain", "epd.spec.encoder"))
        .contains("DESCRIPTION", "autoscaling", "resources");
    assertThat(world.kubectl("describe", "epool", "quickstart-encoder")).contains("Conditions");
    // The operator lives with its own rights, and they are enough.
    assertThat(world.operatorLog()).doesNotContain("is forbidden");
  }

  @Test
  @Order(2)
  void aDeletedPodOfEachRoleHeals() {
    Chat before = world.quickstart();
    assertThat(before.ask(about(PICTURE.png())).text()).isEqualTo(PICTURE.truth());
    for (String role : List.of("encoder", "prefill", "decode", "gateway")) {
      String pod =
          world.readyPods("default", "quickstart", role).getFirst().getMetadata().getName();
      world.kubectl("delete", "pod", pod);
      World.eventually(
          () ->
              assertThat(world.readyPods("default", "quickstart", role))
                  .isNotEmpty()
                  .noneMatch(p -> p.getMetadata().getName().equals(pod)));
      Chat after = world.quickstart();
      World.eventually(
          () -> assertThat(after.ask(about(PICTURE.png())).text()).isEqualTo(PICTURE.truth()));
    }
  }

  @Test
  @Order(3)
  void eachOwnerOfReplicasHoldsItsOwn() {
    world.quickstart();
    world.kubectl("scale", "epool/quickstart-prefill", "--replicas=2");
    assertReplicas("default", "quickstart-prefill", "1");
    assertThat(world.kubectl("get", "events")).contains("quickstart-prefill");
    world.kubectl("scale", "epool/quickstart-encoder", "--replicas=3");
    assertReplicas("default", "quickstart-encoder", "1");

    String ns = world.namespace("all-in-one");
    world.claimModels(ns);
    world.apply(ns, "all-in-one.yaml");
    world.awaitReady(ns, "all-in-one");
    assertThat(world.chat(ns, "all-in-one").ask(about(PICTURE.png())).text())
        .isEqualTo(PICTURE.truth());
    world.kubectl("scale", "epool/all-in-one-prefill", "--replicas=2", "-n", ns);
    World.eventually(() -> assertThat(world.readyPods(ns, "all-in-one", "prefill")).hasSize(2));
    world.awaitReady(ns, "all-in-one");
    assertReplicas(ns, "all-in-one-prefill", "2");
  }

  @Test
  @Order(4)
  void keysFromASecretAreAskedFor() {
    String ns = "all-in-one";
    world.kubectl(
        "create", "secret", "generic", "keys", "-n", ns, "--from-literal=keys=tom:sk-tom\n");
    world.kubectl(
        "patch",
        "epd",
        "all-in-one",
        "-n",
        ns,
        "--type=merge",
        "-p",
        """
        {"spec": {"gateway": {"apiKeysSecretRef": {"name": "keys"}}}}""");
    World.eventually(
        () -> {
          world.awaitReady(ns, "all-in-one");
          Chat.Reply refused = world.chat(ns, "all-in-one").ask(about(PICTURE.png()));
          assertThat(refused.status()).isEqualTo(401);
          assertThat(refused.json().path("error").path("code").asText())
              .isEqualTo("invalid_api_key");
        });
    Chat chat = world.chat(ns, "all-in-one");
    assertThat(chat.as("sk-tom").ask(about(PICTURE.png())).text()).isEqualTo(PICTURE.truth());
    assertThat(chat.as("sk-tim").ask(about(PICTURE.png())).status()).isEqualTo(401);
  }

  @Test
  @Order(5)
  void aDeletedClusterLeavesNothing() {
    String ns = "all-in-one";
    assertThat(world.kubectl("get", CHILDREN, "-n", ns, "-o", "name"))
        .contains("all-in-one-prefill");
    world.kubectl("delete", "epd", "all-in-one", "-n", ns, "--timeout=120s");
    World.eventually(
        () ->
            assertThat(world.kubectl("get", CHILDREN, "-n", ns, "-o", "name").lines())
                .noneMatch(name -> name.contains("all-in-one")));
  }

  private void assertReplicas(String namespace, String pool, String replicas) {
    World.eventually(
        () ->
            assertThat(
                    world.kubectl(
                        "get", "epool", pool, "-n", namespace, "-o", "jsonpath={.spec.replicas}"))
                .isEqualTo(replicas));
  }
}
