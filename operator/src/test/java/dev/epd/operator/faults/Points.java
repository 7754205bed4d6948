package dev.epd.operator.faults;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;

/** Every fault at every write of every story, or a sample of them. */
final class Points {
  private static final int[] REFUSALS = {409, 429, 500, 503};

  private Points() {}

  /**
   * One fault at one write of one story.
   *
   * @param write counted from 1; 0 is the moment before the story is told, the operator then being
   *     away while it is
   */
  record Point(Story story, int write, Fault fault) {
    String label() {
      return story + " " + write + " " + fault.label();
    }
  }

  static List<Point> all(Map<Story, Reference> references) {
    List<Point> all = new ArrayList<>();
    references.forEach(
        (story, reference) -> {
          all.add(new Point(story, 0, new Fault.KillBefore()));
          for (int write = 1; write <= reference.writes(); write++) {
            all.add(new Point(story, write, new Fault.KillBefore()));
            all.add(new Point(story, write, new Fault.KillAfter()));
            all.add(new Point(story, write, new Fault.LoseAnswer()));
            all.add(new Point(story, write, new Fault.CutWatches()));
            all.add(new Point(story, write, new Fault.FreezeWatches()));
            for (int code : REFUSALS) {
              all.add(new Point(story, write, new Fault.Refuse(code)));
            }
          }
        });
    return all;
  }

  /**
   * Those whose story, write and fault match {@code -Dfaults.only=REGEX}, such as SCALE.*Kill.* or
   * CREATE 8 KillBefore; {@code -Dfaults.times} repeats. Not those that have passed by the results
   * of an earlier run in {@code -Dfaults.after=FILE}: a run that was broken off goes on so.
   */
  static List<Point> wanted(List<Point> points) throws IOException {
    String after = System.getProperty("faults.after", "");
    List<String> rows = after.isEmpty() ? List.of() : Files.readAllLines(Path.of(after));
    Set<String> done = rows.stream().flatMap(Outcome::passed).collect(Collectors.toSet());
    String only = System.getProperty("faults.only", ".*");
    int times = Integer.getInteger("faults.times", 1);
    return points.stream()
        .flatMap(point -> Collections.nCopies(times, point).stream())
        .filter(point -> point.label().matches(only) && !done.contains(point.label()))
        .toList();
  }

  /** In the order of the seed, which is the commit unless {@code -Dfaults.seed} gives one. */
  static <T> List<T> shuffled(List<T> points, long seed) {
    List<T> shuffled = new ArrayList<>(points);
    Collections.shuffle(shuffled, new Random(seed));
    return shuffled;
  }

  static long seed() {
    return Long.getLong("faults.seed", commit().hashCode());
  }

  private static String commit() {
    try {
      Process git =
          new ProcessBuilder("git", "rev-parse", "HEAD").redirectErrorStream(true).start();
      return new String(git.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
    } catch (IOException e) {
      return ""; // an archive without history
    }
  }
}
