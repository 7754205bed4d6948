package dev.epd.operator.faults;

import dev.epd.onebox.ControlPlane;
import dev.epd.operator.faults.Points.Point;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/**
 * One namespace with an operator process and a proxy of its own, in which stories are told one
 * after another. Lanes do not know of each other; several run at once for speed alone.
 */
final class Lane implements AutoCloseable {
  static final Duration PATIENCE = Duration.ofSeconds(120);
  private static final Duration LOOK_AGAIN = Duration.ofMillis(100);

  /** A look at all objects is dear: looks more often would take the machine from the operators. */
  private static final Duration BETWEEN_LOOKS = Duration.ofMillis(500);

  /** Longer than a watch needs to come back, or to thaw. */
  private static final Duration SETTLED = Duration.ofSeconds(3);

  private static final Duration BETWEEN_WRITES = Duration.ofSeconds(1);
  private static final Duration QUIET = Duration.ofSeconds(5);

  private final KubernetesClient admin;
  private final String namespace;
  private final ApiProxy proxy;
  private final OperatorProcess operator;

  /** A lane whose operator acts as the account of the kubeconfig. */
  Lane(ControlPlane kube, Path folder, int number, Path account) throws IOException {
    this.admin = kube.client();
    this.namespace = "lane-" + number;
    Stage.prepare(admin, namespace);
    this.proxy = new ApiProxy(kube, this::kill);
    this.operator =
        OperatorProcess.of(
            Files.createDirectory(folder.resolve(namespace)),
            account,
            proxy.port(),
            namespace,
            "epd-operator-0");
    operator.start();
  }

  KubernetesClient admin() {
    return admin;
  }

  String namespace() {
    return namespace;
  }

  ApiProxy proxy() {
    return proxy;
  }

  OperatorProcess operator() {
    return operator;
  }

  private void kill() {
    operator.kill();
  }

  /** Tells the story and lets nothing happen. */
  Reference undisturbed(Story story) throws InterruptedException {
    try (Stage stage = Stage.set(admin, namespace, story)) {
      awaitSettled(stage);
      proxy.watch(namespace);
      stage.tell();
      require(
          await(() -> !proxy.writes().isEmpty() || story == Story.DELETE),
          () -> "the first write comes");
      awaitSettled(stage);
      // The garbage collector learns of new kinds every 30 s only.
      require(
          await(() -> Orphans.in(namespace, admin).isEmpty()), () -> namespace + " has no orphans");
      awaitQuiet(QUIET);
      Reference reference = new Reference(stage.snapshot(), proxy.writes());
      require(await(stage::clear), () -> namespace + " is cleared");
      return reference;
    }
  }

  /** Tells the story and lets the point's fault happen. */
  Outcome disturb(Point point, Reference reference, Duration quiet) throws InterruptedException {
    try (Stage stage = Stage.set(admin, namespace, point.story())) {
      awaitSettled(stage);
      if (point.write() == 0) {
        operator.kill();
      } else {
        proxy.arm(namespace, point.write(), point.fault());
      }
      stage.tell();
      boolean reached = true;
      if (point.write() > 0) {
        reached = awaitFault(stage, reference);
      }
      long from = System.nanoTime();
      keepOperator();
      double seconds = awaitEnd(stage, reference, from);
      String complaint = complaint(stage, reference, quiet);
      if (!await(stage::clear)) {
        complaint += "the namespace could not be cleared\n";
      }
      return new Outcome(point, reached, seconds, complaint);
    }
  }

  /** False if the story ended without the write that the fault waits for. */
  private boolean awaitFault(Stage stage, Reference reference) throws InterruptedException {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    long looked = System.nanoTime();
    while (!proxy.happened() && System.nanoTime() < deadline) {
      Thread.sleep(LOOK_AGAIN);
      if (System.nanoTime() - looked > 4 * BETWEEN_LOOKS.toNanos()) {
        if (stage.snapshot().equals(reference.end())) {
          break;
        }
        looked = System.nanoTime();
      }
    }
    return proxy.disarm();
  }

  /**
   * Returns when the end state has stood without a write for a while: a state that only looks like
   * it, since the operator has not seen all yet, does not count. In seconds, the while left out.
   */
  private double awaitEnd(Stage stage, Reference reference, long from) throws InterruptedException {
    long reached = from;
    boolean stands = false;
    int writes = -1;
    for (long now = from;
        (!stands || now - reached < SETTLED.toNanos()) && now - from < PATIENCE.toNanos();
        now = System.nanoTime()) {
      int seen = proxy.writes().size();
      boolean isEnd = seen == writes && stage.snapshot().equals(reference.end());
      if (!stands || !isEnd) {
        reached = System.nanoTime();
      }
      stands = isEnd;
      writes = seen;
      Thread.sleep(BETWEEN_LOOKS);
    }
    return (reached - from) / 1e9;
  }

  private String complaint(Stage stage, Reference reference, Duration quiet)
      throws InterruptedException {
    StringBuilder text = new StringBuilder(stage.snapshot().differenceTo(reference.end()));
    if (!text.isEmpty()) {
      boolean healed = await(() -> stage.snapshot().equals(reference.end()));
      text.append(healed ? "healed later\n" : "never healed\n");
    }
    int before = proxy.writes().size();
    Thread.sleep(quiet);
    List<String> writes = proxy.writes();
    if (writes.size() > before) {
      text.append("writes at rest: ").append(writes.subList(before, writes.size())).append('\n');
    }
    if (text.isEmpty()) {
      text.append(stage.snapshot().differenceTo(reference.end()));
    }
    if (!stage.lost().isEmpty()) {
      text.append("ready pods lost: ").append(stage.lost()).append('\n');
    }
    List<String> orphans = Orphans.in(namespace, admin);
    if (!orphans.isEmpty()) {
      text.append("their owner is not there: ").append(orphans).append('\n');
    }
    if (!text.isEmpty()) {
      text.append("after ").append(writes).append("\nthe operator says: ").append(operator.log());
    }
    return text.toString();
  }

  /** As a kubelet would. */
  void keepOperator() {
    if (!operator.isAlive()) {
      operator.start();
    }
  }

  /**
   * Settled, by an operator that may have lost its lease: a play elsewhere stopped the API server.
   */
  void awaitSettledAfterOthers(Stage stage) throws InterruptedException {
    var unused =
        await(
            () -> {
              if (operator.log().contains("lost the lease")) {
                keepOperator();
              }
              return stage.isSettled();
            });
    awaitSettled(stage);
  }

  void awaitSettled(Stage stage) throws InterruptedException {
    require(await(stage::isSettled), () -> namespace + " settles; " + said(stage));
    awaitQuiet(BETWEEN_WRITES);
    require(await(stage::isSettled), () -> namespace + " stays settled; " + said(stage));
  }

  private String said(Stage stage) {
    return "%s%nafter %s%nthe operator says: %s%nand does: %s"
        .formatted(stage.snapshot(), proxy.writes(), operator.log(), operator.threads());
  }

  private void awaitQuiet(Duration quiet) throws InterruptedException {
    int before = -1;
    while (before != proxy.writes().size()) {
      before = proxy.writes().size();
      Thread.sleep(quiet);
    }
  }

  /** Waits longer than the look took that began at the start: others need the machine too. */
  static void lookAgain(long start) throws InterruptedException {
    long took = (System.nanoTime() - start) / 1_000_000;
    Thread.sleep(Math.clamp(2 * took, LOOK_AGAIN.toMillis(), 1_000));
  }

  static boolean await(BooleanSupplier condition) throws InterruptedException {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (System.nanoTime() < deadline) {
      long start = System.nanoTime();
      if (condition.getAsBoolean()) {
        return true;
      }
      lookAgain(start);
    }
    return false;
  }

  /** What is said costs more than what is looked at: only where it is needed. */
  private static void require(boolean holds, Supplier<String> what) {
    if (!holds) {
      throw new IllegalStateException("not seen: " + what.get());
    }
  }

  @Override
  public void close() throws IOException {
    operator.close();
    proxy.close();
  }
}
