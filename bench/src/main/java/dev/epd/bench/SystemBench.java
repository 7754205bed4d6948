package dev.epd.bench;

import dev.epd.bench.Report.Section;
import dev.epd.bench.Rounds.Value;
import dev.epd.onebox.Onebox;
import dev.epd.onebox.OneboxConfig;
import dev.epd.onebox.demo.Cluster;
import dev.epd.onebox.demo.LocalImages;
import io.fabric8.kubernetes.client.readiness.Readiness;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.BooleanSupplier;

/** What a newcomer waits for: Kubernetes, the operator, the first cluster, the first word. */
final class SystemBench {
  private static final int ROUNDS = 3;
  private static final int GATEWAY_PORT = 8000;
  private static final Duration PATIENCE = Duration.ofMinutes(4);
  private static final Duration LOOK_AGAIN = Duration.ofMillis(50);

  private final Path home;
  private final Pictures pictures = new Pictures(Main.SEED + 2);

  private SystemBench(Path home) {
    this.home = home;
  }

  static Section run(Path home) throws Exception {
    SystemBench bench = new SystemBench(home);
    return new Section(
        "System",
        "Everything from nothing, as make demo does it: etcd and the Kubernetes control plane, custom"
            + " resources and operator, then kubectl apply of config/samples/quickstart.yaml until the"
            + " EPDCluster says Ready, then one streamed request about a picture.",
        new Rounds("system").add("", bench::once).run(0, ROUNDS).figures());
  }

  private List<Value> once() throws Exception {
    long start = System.nanoTime();
    try (Onebox box = Onebox.start(OneboxConfig.defaults(LocalImages.images(home)))) {
      long kubernetes = System.nanoTime();
      apply(box, "crds");
      apply(box, "config/operator");
      box.persistentVolume("models", home.resolve("models"));
      await(
          () ->
              box.client().pods().inNamespace("epd-system").list().getItems().stream()
                  .anyMatch(Readiness::isPodReady));
      long operator = System.nanoTime();
      apply(box, "config/samples/quickstart.yaml");
      Cluster cluster = new Cluster(box.client(), "default", "quickstart");
      await(cluster::isReady);
      long ready = System.nanoTime();
      Chat chat = new Chat(cluster.gatewayAddress().orElseThrow(), GATEWAY_PORT);
      Pictures.Drawn picture = pictures.next();
      long asked = System.nanoTime();
      Chat.Answer answer = chat.streamed(picture.png());
      if (!answer.text().equals(picture.truth())) {
        throw new IllegalStateException("'" + answer.text() + "' of: " + picture.truth());
      }
      double firstWord = answer.first();
      return List.of(
          seconds("Kubernetes answers", kubernetes - start),
          seconds("operator installed and ready", operator - kubernetes),
          seconds("apply → Ready", ready - operator),
          new Value("first streamed word after the first request", "s", firstWord),
          new Value(
              "first streamed word after the start of everything",
              "s",
              (asked - start) / 1e9 + firstWord));
    }
  }

  private void apply(Onebox box, String path) {
    box.kubectl("apply", "-f", home.resolve(path).toString()).orThrow();
  }

  private static Value seconds(String what, long nanos) {
    return new Value(what, "s", nanos / 1e9);
  }

  private static void await(BooleanSupplier condition) throws InterruptedException {
    long start = System.nanoTime();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() - start > PATIENCE.toNanos()) {
        throw new IllegalStateException("not ready within " + PATIENCE);
      }
      Thread.sleep(LOOK_AGAIN);
    }
  }
}
