package dev.epd.onebox.demo;

import dev.epd.onebox.KubectlResult;
import dev.epd.onebox.Onebox;
import dev.epd.onebox.OneboxConfig;
import dev.epd.onebox.demo.ShapePicture.Colour;
import dev.epd.onebox.demo.ShapePicture.Shape;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.BooleanSupplier;

/**
 * From nothing to streamed words about a picture, and an encoder pool that goes 1 → 3 → 1.
 *
 * <p>Reads like the list of what a user would do by hand.
 */
public final class Demo {

  private static final String NAMESPACE = "default";
  private static final String CLUSTER = "quickstart";
  private static final String MODEL = "epd-shapes";
  private static final String QUESTION = "What is in the picture?";
  private static final int GATEWAY_PORT = 8000;
  private static final Duration START_PATIENCE = Duration.ofMinutes(5);
  private static final Duration SCALE_PATIENCE = Duration.ofMinutes(3);

  /**
   * Large enough that reading it is most of an encoder's work: one encoder cannot keep up with the
   * burst.
   */
  private static final ShapePicture PHOTO =
      ShapePicture.sideBySide(2240, 1400, Colour.BLUE, Shape.CIRCLE, Colour.YELLOW, Shape.CIRCLE);

  /** More than any two encoders of one machine manage; what is in flight bounds the rest. */
  private static final Duration BURST_INTERVAL = Duration.ofMillis(20);

  private static final int BURST_IN_FLIGHT = 100;

  private static final Map<String, ShapePicture> PICTURES = pictures();

  private final Path home;
  private final Path state;
  private final boolean once;
  private final Story story;

  /**
   * @param home the repository: where crds/, config/, models/ and the built programs are
   * @param state folder for everything the demo makes
   * @param once check the words and the scaling and return, instead of staying up
   */
  public Demo(Path home, Path state, boolean once) {
    this.home = home;
    this.state = state;
    this.once = once;
    this.story = new Story(System.out);
  }

  /** The demo did not show what it should; the message says what was missing. */
  private static final class DemoFailed extends Exception {
    private static final long serialVersionUID = 1L;

    DemoFailed(String message) {
      super(message);
    }
  }

  /**
   * Runs it.
   *
   * @return 0, or 1 when something did not come out as it should
   */
  public int run() throws Exception {
    try (story;
        Onebox onebox =
            story.step(
                "Starting Kubernetes (etcd, API server, controller manager, scheduler, one node)",
                () -> "waiting for the API server",
                () -> Onebox.start(config()))) {
      try {
        tell(onebox);
        return 0;
      } catch (DemoFailed e) {
        story.say("%s", "FAILED: " + e.getMessage());
        diagnose(onebox);
        return 1;
      }
    }
  }

  private void tell(Onebox onebox) throws Exception {
    Cluster cluster = new Cluster(onebox.client(), NAMESPACE, CLUSTER);
    install(onebox);
    apply(onebox, cluster);
    ChatClient chat = new ChatClient(gateway(cluster), GATEWAY_PORT, MODEL);
    story.step(
        "Asking about three pictures", () -> "waiting for words", () -> askAboutPictures(chat));
    burst(chat, cluster);
    story.say("kubectl get epd,epool");
    story.block(kubectl(onebox, "get", "epd,epool"));
    story.summary();
    if (!once) {
      stayUp(onebox, cluster);
    }
  }

  private OneboxConfig config() {
    return OneboxConfig.defaults(LocalImages.images(home)).withStateDir(state);
  }

  private void install(Onebox onebox) throws Exception {
    story.step(
        "Installing the custom resources and the operator",
        () -> "applying",
        () -> {
          kubectl(onebox, "apply", "-f", home.resolve("crds").toString());
          kubectl(onebox, "apply", "-f", home.resolve("config/operator").toString());
          onebox.persistentVolume("models", home.resolve("models"));
          return true;
        });
    story.step(
        "Starting the operator (its own pod, its own service account)",
        () -> "waiting for the operator to be ready",
        () ->
            await(
                START_PATIENCE,
                () ->
                    onebox.client().pods().inNamespace("epd-system").list().getItems().stream()
                        .anyMatch(io.fabric8.kubernetes.client.readiness.Readiness::isPodReady),
                "the operator did not become ready"));
  }

  private void apply(Onebox onebox, Cluster cluster) throws Exception {
    story.step(
        "kubectl apply -f config/samples/quickstart.yaml, until the cluster is Ready",
        cluster::pools,
        () -> {
          kubectl(onebox, "apply", "-f", home.resolve("config/samples/quickstart.yaml").toString());
          return await(START_PATIENCE, cluster::isReady, "the cluster did not become Ready");
        });
    story.block(kubectl(onebox, "get", "epd,epool"));
  }

  private String gateway(Cluster cluster) throws DemoFailed {
    return cluster.gatewayAddress().orElseThrow(() -> new DemoFailed("no gateway pod is ready"));
  }

  private boolean askAboutPictures(ChatClient chat) throws Exception {
    Path folder = Files.createDirectories(state.resolve("pictures"));
    boolean first = true;
    for (Map.Entry<String, ShapePicture> entry : PICTURES.entrySet()) {
      Path file = folder.resolve(entry.getKey() + ".png");
      byte[] png = entry.getValue().png();
      Files.write(file, png);
      story.say("%s  %s", file, QUESTION);
      boolean[] spoken = {!first};
      String answer =
          chat.ask(
              QUESTION,
              png,
              piece -> {
                if (!spoken[0] && !piece.isEmpty()) {
                  spoken[0] = true;
                  story.say(
                      "first streamed word after %.1f s", story.elapsed().toMillis() / 1000.0);
                }
                story.stream(piece);
              });
      story.stream(System.lineSeparator());
      first = false;
      if (!answer.equals(entry.getValue().truth())) {
        throw new DemoFailed("it shows: " + entry.getValue().truth());
      }
    }
    return true;
  }

  private void burst(ChatClient chat, Cluster cluster) throws Exception {
    story.say(
        "A burst of large pictures, %d a second, on %d encoder",
        1000 / BURST_INTERVAL.toMillis(), cluster.ready("encoder"));
    try (Burst burst = new Burst(chat, PHOTO, BURST_IN_FLIGHT)) {
      story.step(
          "Encoders 1 → 3 under the burst",
          () ->
              "%s   answers: %d right, %d sent"
                  .formatted(cluster.pools(), burst.right(), burst.sent()),
          () -> {
            burst.start(BURST_INTERVAL);
            return await(
                SCALE_PATIENCE,
                () -> cluster.ready("encoder") == 3,
                "the encoder pool did not grow to 3");
          });
      story.step(
          "The burst ends; its last answers",
          () ->
              "%s   answers: %d right, %d sent"
                  .formatted(cluster.pools(), burst.right(), burst.sent()),
          () -> burst.stop(SCALE_PATIENCE));
      story.say(
          "%d requests, %d right answers, %d wrong, %d errors",
          burst.sent(), burst.right(), burst.wrong(), burst.failures().size());
      if (burst.right() != burst.sent()) {
        burst.failures().stream()
            .distinct()
            .limit(5)
            .forEach(failure -> story.say("   %s", failure));
        throw new DemoFailed("not every request of the burst got its right answer");
      }
    }
    story.step(
        "Encoders 3 → 1 once no image comes",
        cluster::pools,
        () ->
            await(
                SCALE_PATIENCE,
                () -> cluster.ready("encoder") == 1,
                "the encoder pool did not shrink to 1"));
  }

  private void stayUp(Onebox onebox, Cluster cluster) throws Exception {
    String base = "http://%s:%d/v1".formatted(gateway(cluster), GATEWAY_PORT);
    story.say("Everything stays up until Ctrl-C. Talk to it:");
    story.block(
        """
        export KUBECONFIG=%1$s
        %2$s kubectl get epd,epool,pods
        curl %3$s/models
        curl -N %3$s/chat/completions -H 'Content-Type: application/json' -d '{"model": "%4$s", "stream": true, "messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "data:image/png;base64,'$(base64 -w0 %5$s/left-of.png)'"}}, {"type": "text", "text": "%6$s"}]}]}'
        python: openai.OpenAI(base_url="%3$s", api_key="unused").chat.completions.create(model="%4$s", …)
        """
            .formatted(
                onebox.controlPlane().adminKubeconfig(),
                onebox.controlPlane().kubeBinary(),
                base,
                MODEL,
                state.resolve("pictures"),
                QUESTION));
    Thread.currentThread().join();
  }

  private void diagnose(Onebox onebox) {
    for (String what : new String[] {"epd,epool,pods -A -o wide", "events -A", "epd -A -o yaml"}) {
      story.block(onebox.kubectl(("get " + what).split(" ", -1)).out());
    }
  }

  private String kubectl(Onebox onebox, String... args) throws DemoFailed {
    KubectlResult result = onebox.kubectl(args);
    if (result.exitCode() != 0) {
      throw new DemoFailed("kubectl " + String.join(" ", args) + ": " + result.err().strip());
    }
    return result.out();
  }

  private static boolean await(Duration patience, BooleanSupplier condition, String otherwise)
      throws DemoFailed, InterruptedException {
    long deadline = System.nanoTime() + patience.toNanos();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() > deadline) {
        throw new DemoFailed(otherwise + " within " + patience.toMinutes() + " minutes");
      }
      Thread.sleep(Duration.ofMillis(200));
    }
    return true;
  }

  private static Map<String, ShapePicture> pictures() {
    Map<String, ShapePicture> pictures = new LinkedHashMap<>();
    pictures.put(
        "left-of",
        ShapePicture.sideBySide(196, 112, Colour.RED, Shape.CIRCLE, Colour.BLUE, Shape.SQUARE));
    pictures.put(
        "above",
        ShapePicture.stacked(
            112, 168, Colour.PURPLE, Shape.TRIANGLE, Colour.GREEN, Shape.TRIANGLE));
    pictures.put("alone", ShapePicture.one(112, 112, Colour.YELLOW, Shape.SQUARE));
    return pictures;
  }
}
