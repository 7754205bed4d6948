package dev.epd.operator.faults;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;

/** F07 to F11: what becomes of watches and of what they tell. */
final class WatchFaults {
  private static final List<String> KINDS =
      List.of("epdpools", "deployments", "pods", "epdclusters");
  private static final String ALL = "all";

  private WatchFaults() {}

  static List<Perturbation> all() {
    List<Perturbation> all = new ArrayList<>();
    all.add(new Frozen(Duration.ofSeconds(5), EnumSet.of(Moment.BEFORE, Moment.HALFWAY)));
    all.add(new Frozen(Duration.ofSeconds(30), EnumSet.of(Moment.BEFORE)));
    all.add(new Frozen(Duration.ofSeconds(300), EnumSet.of(Moment.BEFORE)));
    all.add(new Coalesced());
    all.add(new Doubled());
    all.add(new Gone());
    all.add(new GoneOnReturn());
    all.add(new CutEvery(Duration.ofSeconds(2), Perturbation.THROUGHOUT));
    all.add(new CutEvery(Duration.ofMillis(700), Duration.ofSeconds(6)));
    all.add(new Swallowed(ALL));
    all.add(new Late(ALL));
    for (String kind : KINDS) {
      all.add(new Swallowed(kind));
      all.add(new Late(kind));
      all.add(new LostThenGone(kind, "MODIFIED"));
      if (!kind.equals("epdclusters")) {
        all.add(new LostThenGone(kind, "DELETED"));
        all.add(new LostThenGone(kind, "ADDED"));
      }
    }
    return all;
  }

  private static boolean isOf(String kind, String resource) {
    return kind.equals(ALL) || kind.equals(resource);
  }

  private static void forEach(
      Scene scene, String kind, java.util.function.Consumer<WatchStream> what) {
    scene.proxy().watches().stream().filter(w -> isOf(kind, w.resource())).forEach(what);
  }

  /** Nothing comes through for a while, then everything at once. */
  record Frozen(Duration lasts, Set<Moment> moments) implements Perturbation {
    @Override
    public String number() {
      return "F07";
    }

    @Override
    public String title() {
      return "watches frozen " + lasts.toSeconds() + " s";
    }

    @Override
    public void begin(Scene scene) {
      scene.proxy().freeze(lasts);
    }
  }

  /** The connection has died and nobody has noticed: what is said goes nowhere, until it breaks. */
  record Swallowed(String kind) implements Perturbation {
    @Override
    public String number() {
      return "F08";
    }

    @Override
    public String title() {
      return "watch of " + kind + " is deaf 2 s then breaks";
    }

    @Override
    public Duration lasts() {
      return Duration.ofSeconds(2);
    }

    @Override
    public void begin(Scene scene) {
      Set<WatchStream> deaf = Set.copyOf(scene.proxy().watches());
      scene
          .proxy()
          .weather(
              new Weather() {
                @Override
                public void onEvent(WatchEvent event, WatchStream to) throws IOException {
                  if (!isOf(kind, event.resource()) || !deaf.contains(to)) {
                    to.send(event);
                  }
                }
              });
    }

    @Override
    public void end(Scene scene) {
      // First the break: nothing later may come through a watch that has lost what was before.
      forEach(scene, kind, WatchStream::cut);
    }
  }

  /**
   * A server's cache has lost an event, and the watch goes on as if it had not; then a new list.
   */
  record LostThenGone(String kind, String type) implements Perturbation {
    @Override
    public String number() {
      return "F08";
    }

    @Override
    public String title() {
      return "every " + type + " of " + kind + " lost for 3 s then 410";
    }

    @Override
    public Set<Moment> moments() {
      return EnumSet.of(Moment.BEFORE);
    }

    @Override
    public Duration lasts() {
      return Duration.ofSeconds(3);
    }

    @Override
    public void begin(Scene scene) {
      scene
          .proxy()
          .weather(
              new Weather() {
                @Override
                public void onEvent(WatchEvent event, WatchStream to) throws IOException {
                  if (!kind.equals(event.resource()) || !type.equals(event.type())) {
                    to.send(event);
                  }
                }
              });
    }

    @Override
    public void end(Scene scene) {
      scene.proxy().weather(Weather.CALM);
      forEach(scene, kind, WatchStream::gone);
    }
  }

  /** Of several changes of an object within a second only the last is told; of none that goes. */
  record Coalesced() implements Perturbation {
    @Override
    public String number() {
      return "F08";
    }

    @Override
    public String title() {
      return "changes within 1 s told as one";
    }

    @Override
    public Set<Moment> moments() {
      return EnumSet.of(Moment.BEFORE);
    }

    @Override
    public Duration lasts() {
      return THROUGHOUT;
    }

    @Override
    public void begin(Scene scene) {
      scene.proxy().weather(new HeldEvents(Duration.ofSeconds(1), true, resource -> true));
    }

    @Override
    public void end(Scene scene) throws Exception {
      ((HeldEvents) scene.proxy().weather()).close();
    }
  }

  /** Everything is told seconds after it was. */
  record Late(String kind) implements Perturbation {
    @Override
    public String number() {
      return "F09";
    }

    @Override
    public String title() {
      return "events of " + kind + " 3 s late";
    }

    @Override
    public Set<Moment> moments() {
      return EnumSet.of(Moment.BEFORE);
    }

    @Override
    public Duration lasts() {
      return THROUGHOUT;
    }

    @Override
    public void begin(Scene scene) {
      Predicate<String> late = resource -> isOf(kind, resource);
      scene.proxy().weather(new HeldEvents(Duration.ofSeconds(3), false, late));
    }

    @Override
    public void end(Scene scene) throws Exception {
      ((HeldEvents) scene.proxy().weather()).close();
    }
  }

  record Doubled() implements Perturbation {
    @Override
    public String number() {
      return "F09";
    }

    @Override
    public String title() {
      return "every event twice";
    }

    @Override
    public Set<Moment> moments() {
      return EnumSet.of(Moment.BEFORE);
    }

    @Override
    public Duration lasts() {
      return THROUGHOUT;
    }

    @Override
    public void begin(Scene scene) {
      scene
          .proxy()
          .weather(
              new Weather() {
                @Override
                public void onEvent(WatchEvent event, WatchStream to) throws IOException {
                  to.send(event);
                  to.send(event);
                }
              });
    }
  }

  /** The server's history no longer reaches back: every informer must list anew. */
  record Gone() implements Perturbation {
    @Override
    public String number() {
      return "F10";
    }

    @Override
    public String title() {
      return "410 for every watch";
    }

    @Override
    public Set<Moment> moments() {
      return EnumSet.allOf(Moment.class);
    }

    @Override
    public void begin(Scene scene) {
      forEach(scene, ALL, WatchStream::gone);
    }
  }

  /** Watches break, and find the history gone when they come back. */
  record GoneOnReturn() implements Perturbation {
    @Override
    public String number() {
      return "F10";
    }

    @Override
    public String title() {
      return "watches break and 410 for 3 s";
    }

    @Override
    public Duration lasts() {
      return Duration.ofSeconds(3);
    }

    @Override
    public void begin(Scene scene) {
      scene
          .proxy()
          .weather(
              new Weather() {
                @Override
                public void onOpen(WatchStream stream) {
                  stream.gone();
                }
              });
      forEach(scene, ALL, WatchStream::cut);
    }
  }

  /** Watches break again and again. */
  record CutEvery(Duration period, Duration lasts) implements Perturbation {
    @Override
    public String number() {
      return "F11";
    }

    @Override
    public String title() {
      return "watches break every " + period.toMillis() + " ms";
    }

    @Override
    public Set<Moment> moments() {
      return EnumSet.of(Moment.BEFORE);
    }

    @Override
    public void begin(Scene scene) {
      Weather breaking = new Weather() {};
      scene.proxy().weather(breaking);
      Thread.ofVirtual()
          .start(
              () -> {
                while (scene.proxy().weather() == breaking) {
                  forEach(scene, ALL, WatchStream::cut);
                  try {
                    Thread.sleep(period);
                  } catch (InterruptedException e) {
                    return;
                  }
                }
              });
    }
  }
}
