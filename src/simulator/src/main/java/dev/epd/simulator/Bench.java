package dev.epd.simulator;

import dev.epd.simulator.report.Markdown;
import dev.epd.simulator.report.Svg;
import dev.epd.simulator.trace.Source;
import dev.epd.simulator.trace.Sources;
import dev.epd.simulator.trace.Trace;
import dev.epd.simulator.trace.TraceCsv;
import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * The autoscaler's benchmark, as a command: every policy on every trace, then what only concerns
 * ours.
 *
 * <pre>
 * --out DIR      where results.md, results.csv and plots go; printed only when absent
 * --traces A,B   which of the built-in traces; all by default
 * --trace FILE   one trace file in place of them (see TraceCsv)
 * --seeds 1,2,3  seeds of the built-in traces
 * --startup 30   S in seconds
 * --deadline 2   D in seconds
 * --commit HASH  noted in the results
 * --export NAME --file FILE   write a built-in trace of the first seed to a file and stop
 * </pre>
 */
public final class Bench {
  private Bench() {}

  /** Runs it. */
  public static void main(String[] args) throws IOException, InterruptedException {
    Map<String, String> options = options(args);
    List<Long> seeds =
        List.of(options.getOrDefault("seeds", "1,2,3").split(",", -1)).stream()
            .map(Long::valueOf)
            .toList();
    String export = options.get("export");
    if (export != null) {
      try (var writer = Files.newBufferedWriter(Path.of(options.getOrDefault("file", export)))) {
        TraceCsv.write(Sources.named(export), seeds.getFirst(), writer);
      }
      return;
    }
    double startup = Double.parseDouble(options.getOrDefault("startup", "30"));
    double deadline = Double.parseDouble(options.getOrDefault("deadline", "2"));
    List<List<Comparison>> runs = runs(options, seeds, startup, deadline);
    StringBuilder text = new StringBuilder();
    for (List<Comparison> trace : runs) {
      text.append(Markdown.table(trace));
    }
    String goals =
        options.containsKey("trace") || options.containsKey("traces")
            ? ""
            : Goals.report(runs, seeds) + Laws.report(seeds);
    System.out.print(goals + "\n" + text);
    String out = options.get("out");
    if (out != null) {
      write(Path.of(out), options, seeds, runs, goals, text.toString());
    }
  }

  private static Map<String, String> options(String[] args) {
    Map<String, String> options = new HashMap<>();
    for (int i = 0; i + 1 < args.length; i += 2) {
      if (!args[i].startsWith("--")) {
        throw new IllegalArgumentException("expected an option, got " + args[i]);
      }
      options.put(args[i].substring(2), args[i + 1]);
    }
    return options;
  }

  private static List<List<Comparison>> runs(
      Map<String, String> options, List<Long> seeds, double startup, double deadline)
      throws IOException, InterruptedException {
    String file = options.get("trace");
    if (file != null) {
      try (Reader reader = Files.newBufferedReader(Path.of(file))) {
        Trace trace = TraceCsv.read(String.valueOf(Path.of(file).getFileName()), reader);
        Setup setup = Comparison.setup(trace, ServiceLaw.DEFAULT, startup, deadline);
        return List.of(List.of(Comparison.of(trace, 0, setup)));
      }
    }
    String names = options.get("traces");
    List<Source> sources =
        names == null
            ? Sources.all()
            : List.of(names.split(",", -1)).stream().map(Sources::named).toList();
    List<List<Future<Comparison>>> pending = new ArrayList<>();
    try (ExecutorService threads = Executors.newFixedThreadPool(2)) {
      for (Source source : sources) {
        List<Future<Comparison>> ofTrace = new ArrayList<>();
        for (long seed : seeds) {
          ofTrace.add(threads.submit(() -> compare(source, seed, startup, deadline)));
        }
        pending.add(ofTrace);
      }
      List<List<Comparison>> runs = new ArrayList<>();
      for (List<Future<Comparison>> ofTrace : pending) {
        List<Comparison> done = new ArrayList<>();
        for (Future<Comparison> run : ofTrace) {
          done.add(await(run));
        }
        runs.add(done);
      }
      return runs;
    }
  }

  private static Comparison compare(Source source, long seed, double startup, double deadline) {
    Trace trace = source.trace(seed);
    return Comparison.of(
        trace, seed, Comparison.setup(trace, ServiceLaw.DEFAULT, startup, deadline));
  }

  private static <T> T await(Future<T> run) throws InterruptedException {
    try {
      return run.get();
    } catch (ExecutionException e) {
      throw new IllegalStateException("a run failed", e.getCause());
    }
  }

  private static void write(
      Path out,
      Map<String, String> options,
      List<Long> seeds,
      List<List<Comparison>> runs,
      String goals,
      String tables)
      throws IOException {
    Files.createDirectories(out);
    String head =
        """
        # Autoscaler benchmark

        Commit %s, seeds %s. Same service law (2 ms per image and 60,000 patches/s), start-up time, \
        limits and arrivals for every policy; `make bench-autoscaler` makes this file anew.

        """
            .formatted(options.getOrDefault("commit", "unknown"), seeds);
    Files.writeString(out.resolve("results.md"), head + goals + "## Traces\n\n" + tables);
    Files.writeString(
        out.resolve("results.csv"), Markdown.csv(runs.stream().flatMap(List::stream).toList()));
    for (List<Comparison> trace : runs) {
      Comparison first = trace.getFirst();
      Files.writeString(
          out.resolve(first.trace() + ".svg"),
          Svg.plot(first, List.of(Comparison.OURS, Goals.bestPeer(trace))));
    }
  }
}
