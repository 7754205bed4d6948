package dev.epd.onebox.kubelet;

import io.fabric8.kubernetes.api.model.Probe;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Asks one probe of one life of a container again and again and reports when the answer, by the
 * probe's thresholds, has changed. Ends with {@link #stop}, and by itself when nothing more can
 * follow (a startup probe that passed; a startup or liveness probe that failed).
 */
final class Prober {
  enum Kind {
    STARTUP,
    LIVENESS,
    READINESS
  }

  interface Listener {
    void changed(Kind kind, boolean passed, String message);
  }

  private final Thread thread;

  private Prober(Thread thread) {
    this.thread = thread;
  }

  static Prober start(Kind kind, Probe probe, Check check, Listener listener) {
    return new Prober(
        Thread.ofVirtual()
            .name("probe")
            .start(
                () -> {
                  try {
                    loop(kind, probe, check, listener);
                  } catch (InterruptedException e) {
                    // stopped
                  }
                }));
  }

  void stop() {
    thread.interrupt();
  }

  private static void loop(Kind kind, Probe probe, Check check, Listener listener)
      throws InterruptedException {
    int timeout = positive(probe.getTimeoutSeconds(), 1) * 1000;
    int period = positive(probe.getPeriodSeconds(), 10) * 1000;
    int successes = positive(probe.getSuccessThreshold(), 1);
    int failures = positive(probe.getFailureThreshold(), 3);
    Thread.sleep(1000L * positive(probe.getInitialDelaySeconds(), 0));
    Boolean reported = null;
    int good = 0;
    int bad = 0;
    while (true) {
      Optional<String> wrong = check.ask(timeout);
      if (Thread.interrupted()) {
        return;
      }
      good = wrong.isEmpty() ? good + 1 : 0;
      bad = wrong.isEmpty() ? 0 : bad + 1;
      if (good >= successes && !Boolean.TRUE.equals(reported)) {
        reported = true;
        listener.changed(kind, true, "");
        if (kind == Kind.STARTUP) {
          return;
        }
      } else if (bad >= failures && !Boolean.FALSE.equals(reported)) {
        reported = false;
        listener.changed(kind, false, wrong.orElse(""));
        if (kind != Kind.READINESS) {
          return;
        }
      }
      Thread.sleep(period);
    }
  }

  private static int positive(@Nullable Integer value, int otherwise) {
    return value == null || value <= 0 ? otherwise : value;
  }
}
