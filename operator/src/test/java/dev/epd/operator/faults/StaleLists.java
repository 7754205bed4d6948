package dev.epd.operator.faults;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * F06: the operator starts anew before an API server whose cache lags: who asks for a list of any
 * age is given one of the past, which is a complaint by itself, and watches say nothing for two
 * seconds.
 */
final class StaleLists {
  private static final Duration CATCHING_UP = Duration.ofSeconds(2);
  private static final String ALL = "all";

  private StaleLists() {}

  static List<Perturbation> all() {
    List<Perturbation> all = new ArrayList<>();
    for (String kind : List.of(ALL, "epdclusters", "epdpools", "deployments", "pods")) {
      all.add(new Past(kind));
      all.add(new Midway(kind));
    }
    return all;
  }

  /** Lists of before the story. */
  private record Past(String kind) implements Perturbation {

    @Override
    public String number() {
      return "F06";
    }

    @Override
    public String title() {
      return "restart with lists (" + kind + ") of before the story";
    }

    @Override
    public Set<Moment> moments() {
      return EnumSet.of(Moment.HALFWAY, Moment.AFTER);
    }

    @Override
    public void prepare(Scene scene) throws IOException {
      StaleLists.record(scene, kind);
    }

    @Override
    public void begin(Scene scene) throws InterruptedException {
      restart(scene);
    }
  }

  /** Lists of the midst of the story, once it is over. */
  private record Midway(String kind) implements Perturbation {

    @Override
    public String number() {
      return "F06";
    }

    @Override
    public String title() {
      return "restart with lists (" + kind + ") of midway";
    }

    @Override
    public Set<Moment> moments() {
      return EnumSet.of(Moment.HALFWAY);
    }

    @Override
    public void begin(Scene scene) throws IOException, InterruptedException {
      StaleLists.record(scene, kind);
      scene.awaitEnd();
      restart(scene);
    }
  }

  /** Answers by what was asked for. */
  private record Lists(Map<String, HttpMessage> answers) {}

  private static void record(Scene scene, String kind) throws IOException {
    Map<String, HttpMessage> answers = new HashMap<>();
    for (HttpMessage list : scene.proxy().lists()) {
      if (list.isOfAnyAge() && (kind.equals(ALL) || kind.equals(WatchStream.resourceOf(list)))) {
        answers.put(list.target(), scene.proxy().ask(list));
      }
    }
    scene.keep(new Lists(answers));
  }

  private static void restart(Scene scene) throws InterruptedException {
    Map<String, HttpMessage> answers = scene.kept(Lists.class).answers();
    Set<String> left = ConcurrentHashMap.newKeySet();
    scene.proxy().lists().forEach(list -> left.add(list.target()));
    scene.stopOperator();
    scene
        .proxy()
        .weather(
            new Weather() {
              @Override
              public @Nullable HttpMessage answer(HttpMessage request) {
                if (request.isInformersList()) {
                  scene.proxy().freeze(CATCHING_UP);
                  left.remove(request.target());
                }
                if (answers.containsKey(request.target())) {
                  scene.complain("a list of any age is asked for: " + request.target());
                }
                return answers.get(request.target());
              }
            });
    scene.startOperator();
    if (!Lane.await(left::isEmpty)) {
      scene.complain("not asked for again: " + left);
    }
    // What lists anew now, lists what is.
    scene.proxy().weather(Weather.CALM);
    Thread.sleep(CATCHING_UP);
  }
}
