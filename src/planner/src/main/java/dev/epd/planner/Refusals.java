package dev.epd.planner;

import dev.epd.api.v1alpha1.Reason;
import dev.epd.api.v1alpha1.Role;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Whether a cluster's gateways give no work to pods that are ready. */
public sealed interface Refusals {

  /** No gateway has said that it refuses pods, and not every one has answered. */
  record Unknown() implements Refusals {}

  /** Every gateway has said that it refuses no pod. */
  record None() implements Refusals {}

  /**
   * Pods are refused.
   *
   * @param isWhole every gateway has answered
   */
  record Some(Problem problem, boolean isWhole) implements Refusals {}

  Refusals UNKNOWN = new Unknown();
  Refusals NONE = new None();

  /**
   * What one gateway says of the pods that it sees ready.
   *
   * @param pod the gateway's own name
   * @param usable how many of a role may be given work; a role that it does not name is missing
   * @param refused how many of a role do not fit, by the gateway's word for why
   */
  record Seen(String pod, Map<Role, Integer> usable, Map<Role, Map<String, Integer>> refused) {
    public Seen {
      usable = Map.copyOf(usable);
      refused = Map.copyOf(refused);
    }

    private boolean refuses(Role role) {
      return of(role).why().values().stream().anyMatch(pods -> pods > 0);
    }

    private Refusing of(Role role) {
      return new Refusing(pod, role, new TreeMap<>(refused.getOrDefault(role, Map.of())));
    }

    private boolean hasNone(Role role) {
      return Integer.valueOf(0).equals(usable.get(role));
    }
  }

  /** A gateway that refuses pods of a role, and how many for which reason. */
  record Refusing(String gateway, Role role, SortedMap<String, Integer> why) {}

  /**
   * A role of which no pod may be used comes first; that there is one takes the word of all.
   *
   * @param gateways those that answered
   * @param silent how many did not
   */
  static Refusals of(List<Seen> gateways, int silent) {
    List<Seen> byName = gateways.stream().sorted(Comparator.comparing(Seen::pod)).toList();
    List<Refusing> refusing =
        Stream.of(Role.values())
            .flatMap(
                role -> byName.stream().filter(g -> g.refuses(role)).limit(1).map(g -> g.of(role)))
            .toList();
    Optional<Problem> lacking =
        refusing.stream()
            .filter(r -> silent == 0 && byName.stream().allMatch(g -> g.hasNone(r.role())))
            .findFirst()
            .map(r -> problem(Reason.RoleRefused, r));
    return lacking
        .or(() -> refusing.stream().findFirst().map(r -> problem(Reason.PodsRefused, r)))
        .<Refusals>map(problem -> new Some(problem, silent == 0))
        .orElse(silent == 0 && !gateways.isEmpty() ? NONE : UNKNOWN);
  }

  private static Problem problem(Reason reason, Refusing refusing) {
    return new Problem(
        reason,
        "%s gives no work to ready %s pods (%s). %s"
            .formatted(
                refusing.gateway(),
                refusing.role().value(),
                refusing.why().entrySet().stream()
                    .filter(e -> e.getValue() > 0)
                    .map(e -> e.getKey() + ": " + e.getValue())
                    .collect(Collectors.joining(", ")),
                reason.remedy()));
  }
}
