package dev.epd.operator.faults;

import dev.epd.onebox.ControlPlane;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * One perturbation at one moment of one story.
 *
 * <p>Passed, if the namespace comes to hold what it holds after an undisturbed run, every object's
 * owner is there, no ready pod of an untouched role was lost, the operator did not end by itself
 * without need, and then there is no write for a while.
 */
record Play(Perturbation perturbation, Story story, Moment moment) {
  private static final Duration QUIET = Duration.ofSeconds(5);

  /**
   * What became of it.
   *
   * @param seconds from the end of the perturbation to the end state
   * @param complaint empty if all was well
   */
  record Result(Play play, double seconds, int restarts, String complaint) {
    boolean passed() {
      return complaint.isEmpty();
    }

    static String header() {
      return "fault,perturbation,story,moment,seconds,restarts,passed";
    }

    String row() {
      return String.format(
          Locale.ROOT,
          "%s,%s,%s,%s,%.1f,%d,%b",
          play.perturbation.number(),
          play.perturbation.title(),
          play.story,
          play.moment,
          seconds,
          restarts,
          passed());
    }
  }

  @Override
  public String toString() {
    return "%s %s %s %s".formatted(perturbation.number(), perturbation.title(), story, moment);
  }

  /** Plays it and leaves nothing behind. Whatever goes wrong is in the result. */
  Result in(Lane lane, ControlPlane kube, Account account, Reference reference)
      throws InterruptedException {
    try (Stage stage = Stage.set(lane.admin(), lane.namespace(), story)) {
      Result result = on(stage, lane, kube, account, reference);
      return Lane.await(stage::clear)
          ? result
          : with(result, "the namespace could not be cleared: " + stage.snapshot());
    }
  }

  private Result on(Stage stage, Lane lane, ControlPlane kube, Account account, Reference reference)
      throws InterruptedException {
    try {
      lane.awaitSettledAfterOthers(stage);
      lane.proxy().watch(lane.namespace());
      try (Scene scene = new Scene(kube, lane, account, stage, reference)) {
        return played(scene);
      }
    } catch (InterruptedException e) {
      throw e;
    } catch (Exception e) {
      StringWriter trace = new StringWriter();
      e.printStackTrace(new PrintWriter(trace));
      return new Result(this, 0, 0, trace.toString());
    }
  }

  private static Result with(Result result, String complaint) {
    return new Result(
        result.play, result.seconds, result.restarts, result.complaint + complaint + "\n");
  }

  private Result played(Scene scene) throws Exception {
    perturbation.prepare(scene);
    if (moment == Moment.BEFORE) {
      perturbation.begin(scene);
    }
    scene.stage().tell();
    if (moment != Moment.BEFORE) {
      awaitMoment(scene);
      perturbation.begin(scene);
    }
    linger(scene);
    perturbation.end(scene);
    scene.proxy().weather(Weather.CALM);
    long from = System.nanoTime();
    double seconds = awaitRest(scene, from);
    return new Result(this, seconds, scene.restarts(), complaint(scene));
  }

  private void awaitMoment(Scene scene) throws InterruptedException {
    switch (moment) {
      case HALFWAY -> {
        int half = (scene.reference().writes() + 1) / 2;
        var unused = Lane.await(() -> scene.proxy().writes().size() >= half || scene.isEnd());
      }
      case AFTER -> scene.awaitEnd();
      case BEFORE, TOLD -> {}
    }
  }

  private void linger(Scene scene) throws InterruptedException {
    if (perturbation.lasts() == Perturbation.THROUGHOUT) {
      scene.awaitEnd();
    } else {
      Thread.sleep(perturbation.lasts());
    }
  }

  /**
   * Returns when the end has stood for a while without a write, or did not in time; in seconds, the
   * while left out. A look under load may take longer than the while: the last one must be after
   * it.
   */
  private double awaitRest(Scene scene, long from) throws InterruptedException {
    long reached = System.nanoTime();
    int writes = writes(scene);
    while (System.nanoTime() - from < perturbation.patience().toNanos()) {
      long start = System.nanoTime();
      if (!scene.isEnd() || writes(scene) != writes) {
        reached = System.nanoTime();
        writes = writes(scene);
      } else if (start - reached >= QUIET.toNanos()) {
        return (reached - from) / 1e9;
      }
      Lane.lookAgain(start);
    }
    scene.complain("no rest in time");
    return (reached - from) / 1e9;
  }

  private static int writes(Scene scene) {
    return scene.proxy().writes().size();
  }

  private String complaint(Scene scene) {
    List<String> complaints = new ArrayList<>();
    String difference = scene.stage().snapshot().differenceTo(scene.reference().end());
    if (!difference.isEmpty()) {
      complaints.add(difference);
    }
    if (!scene.complaints().isEmpty()) {
      complaints.add(scene.complaints());
    }
    Map<String, Integer> lost = scene.stage().lost(perturbation.takes());
    if (!lost.isEmpty()) {
      complaints.add("ready pods lost: " + lost);
    }
    List<String> orphans = Orphans.in(scene.namespace(), scene.client());
    if (!orphans.isEmpty()) {
      complaints.add("their owner is not there: " + orphans);
    }
    if (scene.restarts() > 0 && !perturbation.mayEndOperator()) {
      complaints.add("the operator ended by itself: " + scene.restarts());
    }
    if (!complaints.isEmpty()) {
      complaints.add("after " + scene.proxy().writes());
      complaints.add("the operator says: " + scene.operator().log());
    }
    return complaints.isEmpty() ? "" : String.join("\n", complaints) + "\n";
  }
}
