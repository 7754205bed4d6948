package dev.epd.operator.faults;

import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** F12 to F15, F22: an API server that is away, overloaded, or says no. */
final class AnswerFaults {
  private static final Duration STORM = Duration.ofSeconds(5);

  private AnswerFaults() {}

  static List<Perturbation> all() {
    List<Perturbation> all = new ArrayList<>();
    all.add(new Away(Duration.ofSeconds(10)));
    all.add(new Away(Duration.ofSeconds(120)));
    for (String component : List.of("kube-apiserver", "etcd")) {
      all.add(new Stopped(component, Duration.ofSeconds(component.equals("etcd") ? 5 : 10)));
    }
    for (int code : new int[] {429, 500, 503, 504}) {
      for (int percent : new int[] {10, 50, 100}) {
        all.add(new Storm(code, percent));
      }
    }
    all.add(new Conflicts());
    for (String kind : List.of("epdpools", "deployments", "pods")) {
      all.add(new Unlisted(kind));
    }
    return all;
  }

  /** Nothing answers, as behind a network that is gone. */
  record Away(Duration lasts) implements Perturbation {
    @Override
    public String number() {
      return "F12";
    }

    @Override
    public String title() {
      return "API server not reached for " + lasts.toSeconds() + " s";
    }

    /** Ten seconds without its lease are as many as a leader may have. */
    @Override
    public boolean mayEndOperator() {
      return true;
    }

    @Override
    public void begin(Scene scene) {
      scene
          .proxy()
          .weather(
              new Weather() {
                @Override
                public boolean isDown() {
                  return true;
                }
              });
      scene.proxy().breakConnections();
    }
  }

  /** The process stands still: connections stay open, nothing is answered, for everybody. */
  record Stopped(String component, Duration lasts) implements Perturbation {
    @Override
    public String number() {
      return component.equals("etcd") ? "F13" : "F12";
    }

    @Override
    public String title() {
      return component + " stopped for " + lasts.toSeconds() + " s";
    }

    @Override
    public Set<Moment> moments() {
      return EnumSet.of(Moment.TOLD, Moment.HALFWAY);
    }

    @Override
    public boolean isAlone() {
      return true;
    }

    @Override
    public boolean mayEndOperator() {
      return true;
    }

    @Override
    public void begin(Scene scene) {
      OperatorProcess.signal(scene.kube().process(component), "STOP");
    }

    @Override
    public void end(Scene scene) {
      OperatorProcess.signal(scene.kube().process(component), "CONT");
    }
  }

  /** Some or all requests are answered with an error, also for the lease. */
  record Storm(int code, int percent) implements Perturbation {
    @Override
    public String number() {
      return "F14";
    }

    @Override
    public String title() {
      return "%d %% answered %d for %d s".formatted(percent, code, STORM.toSeconds());
    }

    @Override
    public Set<Moment> moments() {
      return percent == 50 ? EnumSet.of(Moment.HALFWAY) : EnumSet.of(Moment.BEFORE);
    }

    @Override
    public Duration lasts() {
      return STORM;
    }

    @Override
    public void begin(Scene scene) {
      Random random = new Random(code * 100L + percent);
      scene
          .proxy()
          .weather(
              new Weather() {
                @Override
                public @Nullable HttpMessage answer(HttpMessage request) {
                  return random.nextInt(100) < percent ? HttpMessage.refusal(code) : null;
                }
              });
    }
  }

  /** An operator that starts may not see all of its world, which it must not take for gone. */
  record Unlisted(String kind) implements Perturbation {
    @Override
    public String number() {
      return "F22";
    }

    @Override
    public String title() {
      return "restart without the right to list %s for %d s".formatted(kind, lasts().toSeconds());
    }

    /** A start takes a part of it. */
    @Override
    public Duration lasts() {
      return Duration.ofSeconds(10);
    }

    @Override
    public void begin(Scene scene) {
      scene.stopOperator();
      scene
          .proxy()
          .weather(
              new Weather() {
                @Override
                public @Nullable HttpMessage answer(HttpMessage request) {
                  return request.isInformersList() && kind.equals(WatchStream.resourceOf(request))
                      ? HttpMessage.refusal(403)
                      : null;
                }
              });
      scene.startOperator();
    }
  }

  /** Somebody else was faster, every second time. */
  record Conflicts() implements Perturbation {
    @Override
    public String number() {
      return "F15";
    }

    @Override
    public String title() {
      return "every second update answered 409";
    }

    @Override
    public Duration lasts() {
      return THROUGHOUT;
    }

    @Override
    public void begin(Scene scene) {
      AtomicInteger updates = new AtomicInteger();
      String own = "/namespaces/" + scene.namespace() + "/";
      scene
          .proxy()
          .weather(
              new Weather() {
                @Override
                public @Nullable HttpMessage answer(HttpMessage request) {
                  boolean isUpdate =
                      Set.of("PATCH", "PUT").contains(request.method())
                          && request.target().contains(own);
                  return isUpdate && updates.getAndIncrement() % 2 == 0
                      ? HttpMessage.refusal(409)
                      : null;
                }
              });
    }
  }
}
