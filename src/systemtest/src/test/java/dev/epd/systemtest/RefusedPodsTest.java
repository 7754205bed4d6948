package dev.epd.systemtest;

import static dev.epd.systemtest.Chat.about;
import static org.assertj.core.api.Assertions.assertThat;

import dev.epd.onebox.demo.ShapePicture;
import dev.epd.onebox.demo.ShapePicture.Colour;
import dev.epd.onebox.demo.ShapePicture.Shape;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Somebody changes the model in its folder: pods that start after it are not those before it. */
class RefusedPodsTest {
  private static final String NS = "changed-model";
  private static final String CLUSTER = "quickstart";
  private static final ShapePicture PICTURE = ShapePicture.one(112, 112, Colour.RED, Shape.CIRCLE);

  private final World world = World.get();

  @TempDir static Path folder;

  @Test
  void readyPodsThatTheGatewayRefusesAreInTheStatusUntilTheyAreReplaced() throws Exception {
    Path config = world.linkModel(folder.resolve("shapes")).resolve("config.json");
    String right = Files.readString(config);
    world.namespace(NS);
    world.box.persistentVolume("changing", folder);
    world.apply(
        NS,
        "quickstart.yaml",
        "storageClassName: \"\"",
        "storageClassName: \"\"\n  volumeName: changing");
    world.awaitReady(NS, CLUSTER);
    String first = world.pods(NS, CLUSTER, "prefill").getFirst().getMetadata().getName();

    replace(config, right.replaceFirst("\\{", "{\"_name_or_path\": \"other\","));
    String two = "{\"spec\": {\"prefill\": {\"replicas\": 2}}}";
    world.kubectl("patch", "epd", CLUSTER, "-n", NS, "--type=merge", "-p", two);
    World.eventually(
        () -> {
          assertThat(world.readyPods(NS, CLUSTER, "prefill")).hasSize(2);
          assertThat(condition("Degraded")).startsWith("True PodsRefused").contains("prefill");
          assertThat(condition("Ready")).startsWith("False PodsRefused");
        });
    assertThat(condition("Available")).startsWith("True");
    assertAnswers();

    world.kubectl("delete", "pod", first, "-n", NS);
    World.eventually(
        () -> {
          assertThat(condition("Degraded")).startsWith("True RoleRefused").contains("prefill");
          assertThat(condition("Available")).startsWith("False RoleRefused");
        });

    replace(config, right);
    world.kubectl("delete", "pod", "-n", NS, "-l", "epd.dev/role=prefill");
    world.awaitReady(NS, CLUSTER);
    World.eventually(() -> assertThat(condition("Degraded")).startsWith("False"));
    assertThat(condition("Available")).startsWith("True");
    assertAnswers();
    world.kubectl("delete", "namespace", NS, "--wait=false");
  }

  /** At once, so that no pod reads half of it. */
  private static void replace(Path file, String text) throws IOException {
    Path other = Files.writeString(folder.resolve("other"), text);
    Files.move(other, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  private void assertAnswers() {
    assertThat(world.chat(NS, CLUSTER).ask(about(PICTURE.png())).text()).isEqualTo(PICTURE.truth());
  }

  private String condition(String type) {
    return world.condition(NS, CLUSTER, type);
  }
}
