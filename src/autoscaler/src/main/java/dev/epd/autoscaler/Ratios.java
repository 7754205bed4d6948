package dev.epd.autoscaler;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What ratios between pools make of one pool's number.
 *
 * <p>First the most that each pool may have is lowered to what the ratios admit when the others
 * stand at their own most. Then each pool is raised from what it wants by itself to the least that
 * the ratios ask for. So a pool follows what the others want, not what they were raised to: two of
 * them never hold each other up. No number leaves a pool's own bounds; where these contradict a
 * ratio, they count. A pool that sleeps, and a ratio with it, is left alone, and no ratio puts a
 * pool to sleep.
 *
 * @param pool the pool that is decided on
 * @param ratios all of them: pools are bound to each other also through a third
 * @param others how the other pools stand, by name; a ratio with one that is absent does not count
 */
public record Ratios(String pool, List<Ratio> ratios, Map<String, Stand> others) {
  /** No pool is bound to another. */
  public static final Ratios NONE = new Ratios("", List.of(), Map.of());

  /** Copies the collections. */
  public Ratios {
    ratios = List.copyOf(ratios);
    others = Map.copyOf(others);
  }

  /**
   * A pool among others.
   *
   * @param min fewest replicas by its own bounds
   * @param max most replicas by its own bounds
   * @param wanted what it would have without ratios
   */
  public record Stand(int min, int max, int wanted) {
    /** Checks the figures. */
    public Stand {
      if (min < 0 || wanted < min || max < wanted) {
        throw new IllegalArgumentException(
            "need 0 <= min <= wanted <= max, got %d, %d, %d".formatted(min, wanted, max));
      }
    }

    /** A pool whose number nobody here decides. */
    public static Stand fixed(int replicas) {
      return new Stand(replicas, replicas, replicas);
    }

    boolean sleeps() {
      return wanted == 0;
    }

    /** What limits may take from it: its minimum stays, and a pool that is awake stays awake. */
    int floor() {
      return Math.max(1, min);
    }
  }

  int wanted(String name) {
    Stand stand = others.get(name);
    return stand == null ? 0 : stand.wanted();
  }

  /**
   * The number of the pool in question.
   *
   * @param by the ratio that made it another than was wanted; null = none did
   */
  record Answer(int replicas, @Nullable Ratio by) {}

  Answer of(Stand own) {
    if (ratios.isEmpty() || own.sleeps()) {
      return new Answer(own.wanted(), null);
    }
    Map<String, Stand> stands = new HashMap<>(others);
    stands.put(pool, own);
    List<Ratio> counting =
        ratios.stream()
            .filter(r -> isAwake(stands.get(r.numerator())) && isAwake(stands.get(r.denominator())))
            .toList();
    Map<String, Integer> most = new HashMap<>();
    stands.forEach((name, stand) -> most.put(name, stand.max()));
    @Nullable Ratio lowered = lower(counting, stands, most);
    Map<String, Integer> least = new HashMap<>();
    stands.forEach(
        (name, stand) -> least.put(name, Math.min(stand.wanted(), most.getOrDefault(name, 0))));
    @Nullable Ratio raised = raise(counting, most, least);
    int replicas = least.getOrDefault(pool, own.wanted());
    if (replicas == own.wanted()) {
      return new Answer(replicas, null);
    }
    return new Answer(replicas, replicas > own.wanted() ? raised : lowered);
  }

  /** Lowers the maxima until they agree; returns the ratio that lowered this pool's last. */
  private @Nullable Ratio lower(
      List<Ratio> counting, Map<String, Stand> stands, Map<String, Integer> most) {
    Ratio by = null;
    boolean changed = true;
    while (changed) {
      changed = false;
      for (Ratio ratio : counting) {
        String one = ratio.numerator();
        String other = ratio.denominator();
        boolean first = lower(stands, most, one, ratio.mostNumerators(get(most, other)));
        boolean second = lower(stands, most, other, ratio.mostDenominators(get(most, one)));
        by = (first && one.equals(pool)) || (second && other.equals(pool)) ? ratio : by;
        changed |= first || second;
      }
    }
    return by;
  }

  private static boolean lower(
      Map<String, Stand> stands, Map<String, Integer> most, String name, int limit) {
    Stand stand = stands.get(name);
    int next = Math.max(stand == null ? 1 : stand.floor(), limit);
    if (next >= get(most, name)) {
      return false;
    }
    most.put(name, next);
    return true;
  }

  /** Raises the numbers, up to the maxima, until they agree; returns the ratio that raised ours. */
  private @Nullable Ratio raise(
      List<Ratio> counting, Map<String, Integer> most, Map<String, Integer> least) {
    Ratio by = null;
    boolean changed = true;
    while (changed) {
      changed = false;
      for (Ratio ratio : counting) {
        String one = ratio.numerator();
        String other = ratio.denominator();
        boolean first = raise(most, least, one, ratio.fewestNumerators(get(least, other)));
        boolean second = raise(most, least, other, ratio.fewestDenominators(get(least, one)));
        by = (first && one.equals(pool)) || (second && other.equals(pool)) ? ratio : by;
        changed |= first || second;
      }
    }
    return by;
  }

  private static boolean raise(
      Map<String, Integer> most, Map<String, Integer> least, String name, int need) {
    int next = Math.min(get(most, name), need);
    if (next <= get(least, name)) {
      return false;
    }
    least.put(name, next);
    return true;
  }

  private static int get(Map<String, Integer> numbers, String name) {
    return numbers.getOrDefault(name, 0);
  }

  private static boolean isAwake(@Nullable Stand stand) {
    return stand != null && !stand.sleeps();
  }
}
