package dev.epd.systemtest;

import static dev.epd.systemtest.Chat.about;
import static org.assertj.core.api.Assertions.assertThat;

import dev.epd.onebox.demo.ShapePicture;
import dev.epd.onebox.demo.ShapePicture.Colour;
import dev.epd.onebox.demo.ShapePicture.Shape;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What real pods say of themselves reaches the cluster's status; suspending loses no request. */
class TroubleTest {
  private static final ShapePicture PICTURE =
      ShapePicture.one(112, 112, Colour.BLUE, Shape.TRIANGLE);
  private static final String CLUSTER = "all-in-one";

  private final World world = World.get();

  @Test
  void aModelThatCannotBeLoadedIsNamedAndSuspendingLosesNothing() {
    String ns = world.namespace("trouble");
    world.claimModels(ns);
    world.apply(ns, "all-in-one.yaml", "path: shapes", "path: nowhere");
    World.eventually(
        () -> {
          assertThat(condition(ns, "ModelReady")).startsWith("False ModelLoadFailed");
          assertThat(condition(ns, "Ready")).contains("nowhere").contains("Correct model.source");
        });

    world.apply(ns, "all-in-one.yaml");
    world.awaitReady(ns, CLUSTER);
    assertThat(condition(ns, "ModelReady")).startsWith("True ModelLoaded");

    Chat chat = world.chat(ns, CLUSTER);
    assertThat(chat.ask(about(PICTURE.png())).text()).isEqualTo(PICTURE.truth());
    List<CompletableFuture<Chat.Reply>> asked =
        IntStream.range(0, 12).mapToObj(i -> chat.askAsync(about(PICTURE.png()))).toList();
    asked.getFirst().join();
    suspend(ns, true);
    for (CompletableFuture<Chat.Reply> answer : asked) {
      Chat.Reply reply = answer.join();
      assertThat(reply.status()).as(reply.body()).isIn(200, 503);
      if (reply.status() == 200) {
        assertThat(reply.text()).isEqualTo(PICTURE.truth());
      }
    }
    World.eventually(
        () -> {
          assertThat(world.pods(ns, CLUSTER, "gateway")).isEmpty();
          assertThat(world.pods(ns, CLUSTER, "prefill")).isEmpty();
        });
    assertThat(condition(ns, "Ready")).startsWith("False Suspended");

    suspend(ns, false);
    world.awaitReady(ns, CLUSTER);
    assertThat(world.chat(ns, CLUSTER).ask(about(PICTURE.png())).text()).isEqualTo(PICTURE.truth());
  }

  private void suspend(String ns, boolean suspend) {
    world.kubectl(
        "patch",
        "epd",
        CLUSTER,
        "-n",
        ns,
        "--type=merge",
        "-p={\"spec\":{\"suspend\":" + suspend + "}}");
  }

  private String condition(String ns, String type) {
    return world.condition(ns, CLUSTER, type);
  }
}
