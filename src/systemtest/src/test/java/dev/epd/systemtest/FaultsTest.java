package dev.epd.systemtest;

import static dev.epd.systemtest.Chat.about;
import static dev.epd.systemtest.Chat.request;
import static dev.epd.systemtest.Chat.text;
import static dev.epd.systemtest.Chat.with;
import static org.assertj.core.api.Assertions.assertThat;

import dev.epd.onebox.demo.ShapePicture;
import dev.epd.onebox.demo.ShapePicture.Colour;
import dev.epd.onebox.demo.ShapePicture.Shape;
import io.fabric8.kubernetes.api.model.Pod;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** kill -9 of a role under load: nothing hangs, nothing ends in silence, and it heals by itself. */
class FaultsTest {
  private static final ShapePicture PICTURE =
      ShapePicture.sideBySide(1120, 700, Colour.BLUE, Shape.CIRCLE, Colour.YELLOW, Shape.CIRCLE);
  private static final byte[] PNG = PICTURE.png();

  @ParameterizedTest
  @ValueSource(strings = {"encoder", "prefill", "decode"})
  void aKilledRoleEndsEveryRequestAndHeals(String role) throws InterruptedException {
    World world = World.get();
    Chat chat = world.quickstart();
    Pod victim = world.readyPods("default", "quickstart", role).getFirst();
    ProcessHandle process = world.process(victim);

    List<CompletableFuture<Chat.Reply>> pictures = new ArrayList<>();
    List<CompletableFuture<Chat.Reply>> texts = new ArrayList<>();
    for (int i = 0; i < 60; i++) {
      pictures.add(chat.askAsync(with(about(PNG), "stream", true)));
      texts.add(chat.askAsync(with(request(text("Tell " + i)), "max_tokens", 200)));
      if (i == 30) {
        assertThat(process.destroyForcibly()).isTrue();
      }
      Thread.sleep(20);
    }
    long killed = System.nanoTime();
    World.eventually(
        () -> {
          assertThat(chat.ask(about(PNG)).status()).isEqualTo(200);
          assertThat(chat.ask(with(request(text("Well?")), "max_tokens", 5)).status())
              .isEqualTo(200);
        });
    System.out.printf(
        "%s killed: both kinds answered again after %.1f s%n",
        role, (System.nanoTime() - killed) / 1e9);

    int answered = 0;
    for (CompletableFuture<Chat.Reply> picture : pictures) {
      Chat.Reply reply = picture.join();
      String said = reply.status() == 200 ? reply.streamed() : "error: " + reply.error();
      assertThat(said).matches(s -> s.equals(PICTURE.truth()) || s.matches("error: .+"));
      answered += said.equals(PICTURE.truth()) ? 1 : 0;
    }
    for (CompletableFuture<Chat.Reply> words : texts) {
      Chat.Reply reply = words.join();
      assertThat(reply.status() == 200 ? reply.text() : reply.error())
          .as(reply.body())
          .isNotBlank();
      answered += reply.status() == 200 ? 1 : 0;
    }
    System.out.printf(
        "%s killed: %d of 120 requests answered, the others say why not%n", role, answered);
    World.eventually(
        () -> {
          assertThat(chat.metric(chat.host, "epd_requests_active")).isZero();
          assertThat(chat.metric(chat.host, "epd_image_queue_images")).isZero();
          assertThat(chat.metric(chat.host, "epd_image_outstanding_patches")).isZero();
        });
  }
}
