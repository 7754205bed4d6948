package dev.epd.operator.faults;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * F06: the operator starts anew and its informers are given lists of the past, as an API server
 * whose cache lags gives them to who asks for any resource version; the watches that begin there
 * say nothing for two seconds more and then catch up.
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
      if (kind.equals(ALL) || kind.equals(WatchStream.resourceOf(list))) {
        answers.put(list.target(), scene.proxy().ask(list));
      }
    }
    if (answers.isEmpty()) {
      scene.complain("no list of " + kind + " was ever asked for: " + scene.proxy().lists());
    }
    scene.keep(new Lists(answers));
  }

  private static void restart(Scene scene) throws InterruptedException {
    Map<String, HttpMessage> answers = scene.kept(Lists.class).answers();
    AtomicInteger given = new AtomicInteger();
    scene.stopOperator();
    scene
        .proxy()
        .weather(
            new Weather() {
              @Override
              public @Nullable HttpMessage answer(HttpMessage request) {
                HttpMessage past = request.isCachedList() ? answers.get(request.target()) : null;
                if (past != null) {
                  scene.proxy().freeze(CATCHING_UP);
                  given.incrementAndGet();
                }
                return past;
              }
            });
    scene.startOperator();
    if (!Lane.await(() -> given.get() >= answers.size())) {
      scene.complain("%d of %d lists were asked for".formatted(given.get(), answers.size()));
    }
    // What lists anew now, lists what is.
    scene.proxy().weather(Weather.CALM);
    Thread.sleep(CATCHING_UP);
  }
}
