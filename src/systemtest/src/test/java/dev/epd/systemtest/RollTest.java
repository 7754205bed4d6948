package dev.epd.systemtest;

import static dev.epd.systemtest.Chat.about;
import static dev.epd.systemtest.Chat.request;
import static dev.epd.systemtest.Chat.text;
import static dev.epd.systemtest.Chat.with;
import static org.assertj.core.api.Assertions.assertThat;

import dev.epd.modelspec.ModelSpec;
import dev.epd.onebox.demo.ShapePicture;
import dev.epd.onebox.demo.ShapePicture.Colour;
import dev.epd.onebox.demo.ShapePicture.Shape;
import io.fabric8.kubernetes.api.model.Pod;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Pods are replaced, by themselves or as a whole set, while requests go on. */
class RollTest {
  private static final String NS = "roll";
  private static final String CLUSTER = "quickstart";
  private static final ShapePicture PICTURE =
      ShapePicture.stacked(112, 168, Colour.PURPLE, Shape.CIRCLE, Colour.GREEN, Shape.SQUARE);

  private final World world = World.get();

  @TempDir static Path folder;

  @Test
  void noRequestFailsWhileEveryRoleRollsAndThenTheModelChanges() throws Exception {
    world.namespace(NS);
    world.box.persistentVolume("two-models", twoModels());
    world.apply(
        NS,
        "quickstart.yaml",
        "storageClassName: \"\"",
        "storageClassName: \"\"\n  volumeName: two-models");
    world.awaitReady(NS, CLUSTER);
    try (Load load = new Load();
        Refusals refusals = new Refusals()) {
      for (String role : List.of("encoder", "prefill", "decode", "gateway")) {
        List<String> before = names(role);
        patch(
            "{\"%s\": {\"runtime\": {\"env\": [{\"name\": \"ROLLED\", \"value\": \"yes\"}]}}}",
            role);
        World.eventually(
            () -> assertThat(names(role)).isNotEmpty().doesNotContainAnyElementsOf(before));
        world.awaitReady(NS, CLUSTER);
      }
      load.assertNoneFailed();

      Set<String> keys = keys();
      patch("{\"model\": {\"source\": {\"pvc\": {\"path\": \"%s\"}}}}", "two");
      World.eventually(() -> assertThat(keys()).hasSize(1).isNotEqualTo(keys));
      world.awaitReady(NS, CLUSTER);
      load.assertNoneFailed();
      refusals.assertNone();
    }
    world.kubectl("delete", "namespace", NS, "--wait=false");
  }

  /**
   * Two folders, one model each: the same weights, told apart by their configuration. What crosses
   * would say the same, but the configuration is in the fingerprint, and the other set refuses it.
   */
  private Path twoModels() throws IOException {
    world.linkModel(folder.resolve("shapes"));
    world.linkModel(folder.resolve("two"));
    Path config = folder.resolve("two/config.json");
    String json = Files.readString(config);
    Files.delete(config);
    Files.writeString(config, json.replaceFirst("\\{", "{\"_name_or_path\": \"two\","));
    assertThat(fingerprint("two")).isNotEqualTo(fingerprint("shapes"));
    return folder;
  }

  private static String fingerprint(String model) {
    try (ModelSpec spec = ModelSpec.load(folder.resolve(model), model)) {
      return spec.fingerprint();
    }
  }

  private void patch(String spec, String argument) {
    world.kubectl(
        "patch",
        "epd",
        CLUSTER,
        "-n",
        NS,
        "--type=merge",
        "-p",
        "{\"spec\": " + spec.formatted(argument) + "}");
  }

  private List<String> names(String role) {
    return world.pods(NS, CLUSTER, role).stream().map(p -> p.getMetadata().getName()).toList();
  }

  private Set<String> keys() {
    Set<String> keys = new ConcurrentSkipListSet<>();
    for (String role : List.of("encoder", "prefill", "decode", "gateway")) {
      for (Pod pod : world.pods(NS, CLUSTER, role)) {
        keys.add(key(pod));
      }
    }
    return keys;
  }

  private static String key(Pod pod) {
    return pod.getMetadata().getLabels().getOrDefault("epd.dev/compatibility-key", "");
  }

  /**
   * Clients that ask all the time, each request at a gateway that is ready then, as a Service does.
   */
  private final class Load implements AutoCloseable {
    private final AtomicBoolean on = new AtomicBoolean(true);
    private final AtomicInteger right = new AtomicInteger();
    private final Set<String> failures = new ConcurrentSkipListSet<>();
    private final ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor();

    Load() {
      byte[] png = PICTURE.png();
      for (int i = 0; i < 2; i++) {
        clients.execute(() -> run(() -> picture(png)));
        clients.execute(() -> run(this::words));
      }
    }

    private void run(Runnable request) {
      while (on.get()) {
        try {
          request.run();
        } catch (RuntimeException | AssertionError e) {
          failures.add(String.valueOf(e));
        }
      }
    }

    private void picture(byte[] png) {
      Chat.Reply reply = gateway().ask(with(about(png), "stream", true));
      count(reply, reply.status() == 200 && reply.streamed().equals(PICTURE.truth()));
    }

    private void words() {
      Chat.Reply reply = gateway().ask(with(request(text("Hello")), "max_tokens", 4));
      count(reply, reply.status() == 200);
    }

    private void count(Chat.Reply reply, boolean ok) {
      if (ok) {
        right.incrementAndGet();
      } else {
        failures.add(reply.status() + " " + reply.body());
      }
    }

    private Chat gateway() {
      return new Chat(world.readyPods(NS, CLUSTER, "gateway").getFirst().getStatus().getPodIP());
    }

    void assertNoneFailed() {
      int before = right.get();
      World.eventually(() -> assertThat(right.get()).isGreaterThan(before + 20));
      assertThat(failures).isEmpty();
      System.out.printf("%d requests answered, none failed%n", right.get());
    }

    @Override
    public void close() {
      on.set(false);
      clients.close();
    }
  }

  /**
   * Reads the pages of all pods again and again, since a pod that goes takes its counters along:
   * one that was asked for another model has refused it, and a gateway that found one has too.
   */
  private final class Refusals implements AutoCloseable {
    private static final Pattern CROSSED =
        Pattern.compile(
            "(?m)^(epd_role_calls_total\\{.*MODEL_MISMATCH"
                + "|epd_transfer_failures_total\\{.*wrong_identity"
                + "|epd_gateway_nodes_refused_total\\{.*model_fingerprint).*$");
    private static final Pattern SERVED = Pattern.compile("(?m)^epd_role_calls_total\\{.*\"OK\"");

    /** The pods need the machine too. */
    private static final Duration PAUSE = Duration.ofMillis(300);

    private final AtomicBoolean on = new AtomicBoolean(true);
    private final Set<String> refused = new ConcurrentSkipListSet<>();
    private final Set<String> keysServed = new ConcurrentSkipListSet<>();
    private final HttpClient http = HttpClient.newHttpClient();
    private final Thread reader = Thread.startVirtualThread(this::read);

    private void read() {
      while (on.get()) {
        List.of("encoder", "prefill", "decode", "gateway").stream()
            .flatMap(role -> world.pods(NS, CLUSTER, role).stream())
            .forEach(this::read);
        LockSupport.parkNanos(PAUSE.toNanos());
      }
    }

    private void read(Pod pod) {
      String page = page(pod);
      CROSSED
          .matcher(page)
          .results()
          .forEach(line -> refused.add(pod.getMetadata().getName() + " " + line.group()));
      if (SERVED.matcher(page).find()) {
        keysServed.add(key(pod));
      }
    }

    private String page(Pod pod) {
      try {
        URI uri = URI.create("http://" + pod.getStatus().getPodIP() + ":9090/metrics");
        return http.send(HttpRequest.newBuilder(uri).build(), BodyHandlers.ofString()).body();
      } catch (IOException | IllegalArgumentException e) {
        return ""; // not there yet, or not any more
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return "";
      }
    }

    void assertNone() {
      World.eventually(() -> assertThat(keysServed).as("keys whose pods were read").hasSize(2));
      assertThat(refused).isEmpty();
    }

    @Override
    public void close() throws InterruptedException {
      on.set(false);
      reader.join();
      http.close();
    }
  }
}
