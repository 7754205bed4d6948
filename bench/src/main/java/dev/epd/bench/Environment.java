package dev.epd.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What a figure depends on, apart from the code. */
final class Environment {
  /** Of the CPU's instruction sets, those that matrix products on a CPU are made of. */
  private static final List<String> INSTRUCTION_SETS =
      List.of(
          "avx2",
          "fma",
          "f16c",
          "avx512f",
          "avx512bw",
          "avx512vl",
          "avx512_vnni",
          "avx512_bf16",
          "avx512_fp16",
          "amx_tile",
          "amx_bf16",
          "amx_int8");

  private Environment() {}

  /** Name to value, in the order in which a reader wants them. */
  static Map<String, String> describe(Path home) throws IOException, InterruptedException {
    String cpu = Files.readString(Path.of("/proc/cpuinfo"));
    Set<String> flags = Set.of(first(cpu, "flags").split(" "));
    Map<String, String> facts = new LinkedHashMap<>();
    facts.put("commit", commit(home));
    facts.put("measured at", Instant.now().truncatedTo(ChronoUnit.SECONDS).toString());
    facts.put(
        "CPU",
        "%s (family %s, model %s)"
            .formatted(first(cpu, "model name"), first(cpu, "cpu family"), first(cpu, "model\t")));
    facts.put("cores", Integer.toString(Runtime.getRuntime().availableProcessors()));
    facts.put(
        "instruction sets",
        String.join(" ", INSTRUCTION_SETS.stream().filter(flags::contains).toList()));
    facts.put(
        "not there",
        String.join(" ", INSTRUCTION_SETS.stream().filter(s -> !flags.contains(s)).toList()));
    facts.put("memory", first(Files.readString(Path.of("/proc/meminfo")), "MemTotal"));
    facts.put("kernel", System.getProperty("os.name") + " " + System.getProperty("os.version"));
    facts.put(
        "JDK", System.getProperty("java.vm.name") + " " + System.getProperty("java.vm.version"));
    facts.put("load before", load());
    return facts;
  }

  /** The averages of 1, 5 and 15 minutes: on an idle machine near 0. */
  static String load() throws IOException {
    return Files.readString(Path.of("/proc/loadavg"))
        .replaceFirst("^(\\S+ \\S+ \\S+).*\\s*$", "$1");
  }

  private static String commit(Path home) throws IOException, InterruptedException {
    String head = git(home, "rev-parse", "--short=12", "HEAD");
    String changes = git(home, "status", "--porcelain", "--", ".", ":!bench/results");
    return changes.isEmpty() ? head : head + " with uncommitted changes";
  }

  private static String git(Path home, String... args) throws IOException, InterruptedException {
    ProcessBuilder command = new ProcessBuilder("git", "-C", home.toString());
    command.command().addAll(List.of(args));
    Process git = command.redirectError(ProcessBuilder.Redirect.DISCARD).start();
    String said = new String(git.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
    return git.waitFor() == 0 ? said : "unknown";
  }

  private static String first(String text, String key) {
    return text.lines()
        .filter(line -> line.startsWith(key))
        .map(line -> line.substring(line.indexOf(':') + 1).strip())
        .findFirst()
        .orElse("unknown");
  }
}
