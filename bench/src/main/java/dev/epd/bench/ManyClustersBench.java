package dev.epd.bench;

import dev.epd.bench.AuditLog.Request;
import dev.epd.bench.Report.Section;
import dev.epd.bench.Rounds.Value;
import dev.epd.onebox.ControlPlane;
import dev.epd.onebox.ControlPlaneConfig;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** A thousand clusters at once, and the operator's restart among them. */
final class ManyClustersBench {
  private static final int CLUSTERS = Integer.getInteger("bench.clusters", 1000);

  /** So that what is loaded once does not count as a cluster's. */
  private static final int WARM_UP = 20;

  private static final int APPLIERS = 8;
  private static final int POOLS = 4;
  private static final Duration REST = Duration.ofSeconds(30);
  private static final Pattern CONTINUE = Pattern.compile("&continue=[^&]*|continue=[^&]*&");
  private static final List<String> HEAP = List.of("-Xmx256m");

  private final ControlPlane kube;
  private final Path home;
  private final Path folder;
  private final AuditLog audit;
  private final List<Value> values = new ArrayList<>();

  private ManyClustersBench(ControlPlane kube, Path home, Path folder, AuditLog audit) {
    this.kube = kube;
    this.home = home;
    this.folder = folder;
    this.audit = audit;
  }

  static Section run(Path home) throws Exception {
    Path folder = Files.createTempDirectory("epd-bench");
    AuditLog audit = new AuditLog(folder);
    try (ControlPlane kube =
        ControlPlane.start(
            ControlPlaneConfig.defaults()
                .withoutScheduler()
                .withoutControllerManager()
                .withApiServerArgs(audit.flags()))) {
      ControlBench.install(kube, home);
      ManyClustersBench bench = new ManyClustersBench(kube, home, folder, audit);
      return new Section(
          "Many clusters",
          CLUSTERS
              + " EPDClusters of four pools applied at once by "
              + APPLIERS
              + " clients beside some that are there, then a second operator that takes over from the"
              + " first, a third from the second after all were changed, then one started again"
              + " after one spec was changed. No controller manager runs, so there are no pods: this"
              + " is the operator's own part. Heap: objects alive after a full collection.",
          new Rounds("many").add("", bench::once).run(0, 1).figures());
    } finally {
      ControlBench.delete(folder);
    }
  }

  private List<Value> once() throws Exception {
    try (OperatorProcess operator = OperatorProcess.start(kube, home, folder, HEAP)) {
      operator.awaitReady();
      apply(0, WARM_UP);
      awaitReconciled(WARM_UP);
      long before = operator.liveBytes();
      audit.next();
      Instant start = Instant.now();
      apply(WARM_UP, WARM_UP + CLUSTERS);
      value("applied", "s", seconds(start, Instant.now()));
      awaitReconciled(WARM_UP + CLUSTERS);
      List<Request> ours = oursUntilQuiet();
      Instant last = ours.stream().filter(Request::isWrite).toList().getLast().answered();
      value("applied → all reconciled", "s", seconds(start, last));
      value("writes per cluster", "requests", writes(ours) / (double) CLUSTERS);
      Thread.sleep(REST);
      value("writes at rest", "requests/s", writes(ours()) / (double) REST.toSeconds());
      value("heap per cluster", "KiB", (operator.liveBytes() - before) / 1024.0 / CLUSTERS);
      takeOvers(operator);
    }
    restart();
    return values;
  }

  /**
   * The leader of the chart's two operators ends in order, say at a drain, and the other goes on:
   * one that was started after the clusters were made, then one that saw all of them change.
   */
  private void takeOvers(OperatorProcess first) throws Exception {
    try (OperatorProcess second =
        OperatorProcess.start(kube, home, folder, HEAP, "epd-operator-1")) {
      value("take-over: the second is ready", "s", second.awaitReady());
      takeOver("take-over", first, "c" + CLUSTERS / 3);
      try (OperatorProcess third =
          OperatorProcess.start(kube, home, folder, HEAP, "epd-operator-2")) {
        third.awaitReady();
        changeAll();
        takeOver("take-over after all had changed", second, "c" + CLUSTERS / 4);
        // In order too: who starts next would have to wait until its lease runs out.
        third.end();
      }
    }
  }

  private void takeOver(String what, OperatorProcess leader, String changed) throws Exception {
    audit.next();
    Instant start = Instant.now();
    leader.end();
    value(what + ": the leader has ended", "s", seconds(start, Instant.now()));
    change(changed, 3);
    Thread.sleep(REST);
    carriedOut(what, changed, start, ours());
  }

  private void apply(int from, int to) throws Exception {
    List<Future<?>> applied = new ArrayList<>();
    try (ExecutorService appliers = Executors.newFixedThreadPool(APPLIERS)) {
      for (int i = from; i < to; i++) {
        String yaml = ControlBench.yaml("c" + i);
        applied.add(appliers.submit(() -> ControlBench.apply(kube.client(), yaml)));
      }
    }
    for (Future<?> each : applied) {
      each.get();
    }
  }

  /** Every cluster has been reported on, and all its pools have. */
  private void awaitReconciled(int clusters) throws Exception {
    while (!isReconciled(clusters)) {
      Thread.sleep(Duration.ofSeconds(5));
    }
  }

  private boolean isReconciled(int clusters) {
    return ControlBench.all(kube.client(), "EPDCluster").stream()
            .allMatch(ManyClustersBench::isReported)
        && ControlBench.all(kube.client(), "EPDPool").stream()
                .filter(ManyClustersBench::isReported)
                .count()
            == (long) clusters * POOLS;
  }

  private static boolean isReported(GenericKubernetesResource object) {
    return object.get("status", "observedGeneration") != null;
  }

  private void restart() throws Exception {
    audit.next();
    String changed = "c" + CLUSTERS / 2;
    change(changed, 3);
    Instant start = Instant.now();
    try (OperatorProcess operator = OperatorProcess.start(kube, home, folder, HEAP)) {
      value("restart → ready", "s", operator.awaitReady());
      Thread.sleep(REST);
      List<Request> all = ours();
      lists(all.stream().filter(r -> r.verb().equals("list")).toList());
      carriedOut("restart", changed, start, all);
    }
  }

  private void change(String cluster, int decoders) throws Exception {
    ControlBench.apply(
        kube.client(),
        ControlBench.yaml(cluster)
            .replace("decode: {replicas: 1}", "decode: {replicas: " + decoders + "}"));
  }

  /** Until the leader has nothing left to write of it. */
  private void changeAll() throws Exception {
    audit.next();
    for (int i = 0; i < CLUSTERS; i++) {
      change("c" + i, 2);
    }
    oursUntilQuiet();
  }

  /** When what was changed was carried out, and what else was written without a cause. */
  private void carriedOut(String when, String changed, Instant start, List<Request> requests) {
    List<Request> writes = requests.stream().filter(Request::isWrite).toList();
    Request correct =
        writes.stream()
            .filter(r -> r.resource().equals("deployments") && r.name().startsWith(changed + "-"))
            .findFirst()
            .orElseThrow();
    value(when + " → changed spec carried out", "s", seconds(start, correct.answered()));
    value(
        when + ": spurious writes",
        "requests",
        writes.stream()
            .filter(r -> !r.name().equals(changed) && !r.name().startsWith(changed + "-"))
            .filter(r -> !r.resource().equals("events"))
            .count());
  }

  /**
   * What of a restart is the API server's: the lists that the operator began with, page by page and
   * all kinds at once as it does, asked again by a client that throws the answers away.
   */
  private void lists(List<Request> lists) throws Exception {
    Instant first = lists.stream().map(Request::received).min(Instant::compareTo).orElseThrow();
    Instant last = lists.stream().map(Request::answered).max(Instant::compareTo).orElseThrow();
    double own = seconds(first, last);
    Map<String, List<String>> pages =
        lists.stream()
            .sorted(Comparator.comparing(Request::received))
            .collect(
                Collectors.groupingBy(
                    r -> CONTINUE.matcher(r.uri()).replaceAll(""),
                    Collectors.mapping(Request::uri, Collectors.toList())));
    Instant start = Instant.now();
    List<Future<?>> read = new ArrayList<>();
    AtomicLong bytes = new AtomicLong();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (List<String> kind : pages.values()) {
        read.add(
            threads.submit(
                () -> kind.forEach(uri -> bytes.addAndGet(kube.client().raw(uri).length()))));
      }
    }
    for (Future<?> each : read) {
      each.get();
    }
    double bare = seconds(start, Instant.now());
    value("restart: its lists, first to last", "s", own);
    value("the same lists, thrown away", "s", bare);
    value("the same, how much", "MiB", bytes.get() / (double) (1 << 20));
    value("its lists / thrown away", "×", own / bare);
  }

  /** What was asked until nothing is written any more, or for two minutes. */
  private List<Request> oursUntilQuiet() throws Exception {
    List<Request> all = new ArrayList<>(ours());
    for (int i = 0; i < 12; i++) {
      Thread.sleep(Duration.ofSeconds(10));
      List<Request> more = ours();
      all.addAll(more);
      if (writes(more) == 0) {
        break;
      }
    }
    return all;
  }

  private List<Request> ours() throws Exception {
    return audit.next().stream().filter(r -> r.user().equals(OperatorProcess.USER)).toList();
  }

  private static long writes(List<Request> requests) {
    return requests.stream().filter(Request::isWrite).count();
  }

  private void value(String what, String unit, double amount) {
    values.add(new Value(what, unit, amount));
  }

  private static double seconds(Instant from, Instant to) {
    return Duration.between(from, to).toNanos() / 1e9;
  }
}
