package dev.epd.operator.faults;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.stream.Stream;

/** Every perturbation at each of its moments of each of its stories. */
final class Catalogue {
  private Catalogue() {}

  static List<Perturbation> perturbations() {
    return Stream.of(
            StaleLists.all(),
            WatchFaults.all(),
            AnswerFaults.all(),
            DependentFaults.all(),
            NameFaults.all(),
            RoomFaults.all(),
            OperatorFaults.all(),
            CrowdFaults.all())
        .flatMap(Collection::stream)
        .toList();
  }

  static List<Play> all() {
    List<Play> all = new ArrayList<>();
    for (Perturbation perturbation : perturbations()) {
      for (Story story : Story.values()) {
        for (Moment moment : Moment.values()) {
          if (perturbation.stories().contains(story)
              && perturbation.moments().contains(moment)
              && isThere(story, moment)) {
            all.add(new Play(perturbation, story, moment));
          }
        }
      }
    }
    return all;
  }

  /**
   * From here to there, in the order of the seed, the numbers of the catalogue in turn: even a few
   * are of many. Those that need the control plane for themselves come last.
   */
  static List<Play> inTurn(List<Play> plays, long seed, int from, int to) {
    Map<String, Queue<Play>> ofNumbers = new LinkedHashMap<>();
    for (Play play : Points.shuffled(plays, seed)) {
      ofNumbers
          .computeIfAbsent(play.perturbation().number(), number -> new ArrayDeque<>())
          .add(play);
    }
    List<Play> inTurn = new ArrayList<>();
    while (inTurn.size() < to) {
      for (Queue<Play> same : ofNumbers.values()) {
        if (!same.isEmpty() && inTurn.size() < to) {
          inTurn.add(same.remove());
        }
      }
    }
    List<Play> chosen = new ArrayList<>(inTurn.subList(from, to));
    chosen.sort(Comparator.comparing(play -> play.perturbation().isAlone()));
    return chosen;
  }

  /** An undisturbed deletion takes no write of the operator: it has no middle. */
  private static boolean isThere(Story story, Moment moment) {
    return story != Story.DELETE || moment == Moment.BEFORE || moment == Moment.TOLD;
  }
}
