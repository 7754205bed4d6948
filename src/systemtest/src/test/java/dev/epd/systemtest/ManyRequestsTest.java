package dev.epd.systemtest;

import static dev.epd.systemtest.Chat.about;
import static org.assertj.core.api.Assertions.assertThat;

import dev.epd.onebox.demo.ShapePicture;
import dev.epd.onebox.demo.ShapePicture.Colour;
import dev.epd.onebox.demo.ShapePicture.Shape;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** Everybody at once on one encoder: an own right answer each, or a clear refusal at once. */
class ManyRequestsTest {
  private static final int SIDE = 112;
  private static final int PATCHES = 64; // of SIDE x SIDE pixels

  /** Pictures that all differ in what is true of them. */
  private static List<ShapePicture> pictures(int count) {
    List<ShapePicture> pictures = new ArrayList<>();
    for (Shape a : Shape.values()) {
      for (Shape b : Shape.values()) {
        for (Colour c : Colour.values()) {
          for (Colour d : Colour.values()) {
            if (a != b || c != d) {
              pictures.add(ShapePicture.sideBySide(SIDE, SIDE, c, a, d, b));
              pictures.add(ShapePicture.stacked(SIDE, SIDE, c, a, d, b));
            }
          }
        }
      }
    }
    return pictures.subList(0, count);
  }

  private static Map<ShapePicture, CompletableFuture<Chat.Reply>> askAll(
      Chat chat, List<ShapePicture> pictures) {
    Map<ShapePicture, CompletableFuture<Chat.Reply>> replies = new LinkedHashMap<>();
    pictures.forEach(picture -> replies.put(picture, chat.askAsync(about(picture.png()))));
    return replies;
  }

  @Test
  void twoHundredPicturesAtOnceEachGetTheirOwnRightAnswer() {
    Chat chat = World.get().quickstart();
    Map<ShapePicture, CompletableFuture<Chat.Reply>> replies = askAll(chat, pictures(200));
    List<String> wrong = new ArrayList<>();
    replies.forEach(
        (picture, reply) -> {
          assertThat(reply.join().status()).as(reply.join().body()).isEqualTo(200);
          if (!reply.join().text().equals(picture.truth())) {
            wrong.add(picture.truth() + " <- " + reply.join().text());
          }
        });
    assertThat(wrong).isEmpty();
  }

  @Test
  void aQueueThatHoldsFiftyRefusesExactlyTheOverflowAtOnce() {
    World world = World.get();
    String ns = world.namespace("full-queue");
    world.apply(
        ns,
        "quickstart.yaml",
        "    replicas: 1\n    resources:\n      requests: {cpu: 100m, memory: 512Mi}\n  encoder:\n"
            + "    autoscaling:\n      minReplicas: 1\n      maxReplicas: 3\n"
            + "      policyRef:\n        name: quickstart\n",
        "    replicas: 1\n    queue: {maxPatches: "
            + 50 * PATCHES
            + "}\n  encoder:\n    replicas: 0\n");
    world.awaitReady(ns, "quickstart");
    Chat chat = world.chat(ns, "quickstart");

    Map<ShapePicture, CompletableFuture<Chat.Reply>> replies = askAll(chat, pictures(80));
    // No encoder: nothing leaves the queue, so whatever is answered now was refused at once.
    World.eventually(
        () -> assertThat(replies.values().stream().filter(CompletableFuture::isDone)).hasSize(30));
    assertThat(chat.metric(chat.host, "epd_image_queue_patches")).isEqualTo(50.0 * PATCHES);
    List<CompletableFuture<Chat.Reply>> refused =
        replies.values().stream().filter(CompletableFuture::isDone).toList();
    assertThat(refused)
        .allSatisfy(
            reply -> {
              assertThat(reply.join().status()).isEqualTo(429);
              assertThat(reply.join().response().headers().firstValue("Retry-After")).isPresent();
              assertThat(reply.join().error()).isNotBlank();
            });

    world.kubectl(
        "patch",
        "epd",
        "quickstart",
        "-n",
        ns,
        "--type=merge",
        "-p",
        "{\"spec\":{\"encoder\":{\"replicas\":1}}}");
    replies.forEach(
        (picture, reply) -> {
          if (!refused.contains(reply)) {
            assertThat(reply.join().status()).as(reply.join().body()).isEqualTo(200);
            assertThat(reply.join().text()).isEqualTo(picture.truth());
          }
        });
    world.kubectl("delete", "namespace", ns, "--wait=false");
  }
}
