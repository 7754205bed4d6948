package dev.epd.operator.faults;

import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.io.IOException;
import java.time.Duration;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/** F05, F27 to F29: what befalls the operator's process and its lease. */
final class OperatorFaults {
  private OperatorFaults() {}

  static List<Perturbation> all() {
    return List.of(
        new CrashesWhileStarting(20),
        new Paused(Duration.ofSeconds(5)),
        new Paused(Duration.ofSeconds(10)),
        new PausedLeader(Duration.ofSeconds(5)),
        new PausedLeader(Duration.ofSeconds(20)),
        new LeaseDeleted(),
        new LeaseTaken(0),
        new LeaseTaken(60),
        new LeaseTaken(-60),
        new SmallHeap());
  }

  private static Resource<Lease> lease(Scene scene) {
    return scene.client().leases().inNamespace("epd-system").withName(scene.namespace());
  }

  private static String holder(Scene scene) {
    Lease lease = lease(scene).get();
    return lease == null ? "" : lease.getSpec().getHolderIdentity();
  }

  /** Killed again and again before it has started, or soon after. */
  record CrashesWhileStarting(int times) implements Perturbation {
    private static final int LONGEST_LIFE_MILLIS = 4_000;

    @Override
    public String number() {
      return "F05";
    }

    @Override
    public String title() {
      return "operator killed " + times + " times while it starts";
    }

    @Override
    public boolean isLong() {
      return true;
    }

    /** The lives grow, so that each step of a start is somebody's last. */
    @Override
    public void begin(Scene scene) throws InterruptedException {
      scene.stopOperator();
      for (int life = 1; life <= times; life++) {
        scene.operator().start();
        Thread.sleep(LONGEST_LIFE_MILLIS * life / times);
        scene.operator().kill();
      }
      scene.startOperator();
    }
  }

  /** A long pause of the process, as for collecting garbage. */
  record Paused(Duration lasts) implements Perturbation {
    @Override
    public String number() {
      return "F29";
    }

    @Override
    public String title() {
      return "operator stands still " + lasts.toSeconds() + " s";
    }

    /** It may find its lease not renewed in time. */
    @Override
    public boolean mayEndOperator() {
      return lasts.toSeconds() >= 10;
    }

    @Override
    public void begin(Scene scene) {
      scene.operator().signal("STOP");
    }

    @Override
    public void end(Scene scene) {
      scene.operator().signal("CONT");
    }
  }

  /**
   * The same with a second operator at hand, which must act if the lease runs out, and alone: but
   * for what the first had let out when it stopped, which nobody can call back.
   */
  record PausedLeader(Duration lasts) implements Perturbation {
    private static final Pattern LET_OUT =
        Pattern.compile("(?m)^.* DEBUG \\[dev\\.epd\\.operator\\.LeaseFence] \\([^)]*\\) (.*)$");

    /** What it had let out before the story. */
    private record Before(Scene.Standby standby, int letOut) {}

    @Override
    public String number() {
      return "F27";
    }

    @Override
    public String title() {
      return "leader stands still " + lasts.toSeconds() + " s beside a standby";
    }

    @Override
    public boolean isLong() {
      return true;
    }

    @Override
    public boolean mayEndOperator() {
      return true;
    }

    @Override
    public void prepare(Scene scene) throws IOException, InterruptedException {
      int letOut = letOut(scene).size();
      Scene.Standby standby = scene.standby("standby");
      scene.keep(new Before(standby, letOut));
      if (!Lane.await(() -> standby.operator().log().contains("started"))) {
        scene.complain("the standby does not start: " + standby.operator().log());
      }
    }

    @Override
    public void begin(Scene scene) {
      scene.operator().signal("STOP");
    }

    private static List<String> letOut(Scene scene) {
      return LET_OUT
          .matcher(scene.operator().log())
          .results()
          .map(line -> line.group(1))
          .filter(write -> write.contains("/namespaces/" + scene.namespace() + "/"))
          .toList();
    }

    @Override
    public void end(Scene scene) throws InterruptedException {
      Before past = scene.kept(Before.class);
      Scene.Standby standby = past.standby();
      boolean isOver = holder(scene).equals("standby");
      if (lasts.toSeconds() > 15 && !isOver) {
        scene.complain("the standby did not take the lease: " + holder(scene));
      }
      List<String> before = scene.proxy().writes();
      List<String> letOut = letOut(scene);
      List<String> onTheirWay = new ArrayList<>(letOut.subList(past.letOut(), letOut.size()));
      before.forEach(onTheirWay::remove);
      scene.operator().signal("CONT");
      scene.awaitEnd();
      Thread.sleep(Duration.ofSeconds(5));
      List<String> late = new ArrayList<>(scene.proxy().writes());
      late.subList(0, before.size()).clear();
      System.out.printf(
          "F27: on their way %s, came after %s%n", onTheirWay, isOver ? late : List.of());
      late.removeIf(onTheirWay::remove);
      if (isOver && !late.isEmpty()) {
        scene.complain("two have acted, the one that was paused: " + late);
      }
      if (!isOver && !standby.proxy().writes().isEmpty()) {
        scene.complain("two have acted, the standby: " + standby.proxy().writes());
      }
    }
  }

  record LeaseDeleted() implements Perturbation {
    @Override
    public String number() {
      return "F28";
    }

    @Override
    public String title() {
      return "lease deleted";
    }

    @Override
    public Set<Moment> moments() {
      return EnumSet.of(Moment.BEFORE, Moment.HALFWAY);
    }

    @Override
    public boolean mayEndOperator() {
      return true;
    }

    @Override
    public void begin(Scene scene) {
      lease(scene).delete();
    }
  }

  /**
   * Somebody writes another holder into the lease by hand.
   *
   * @param skew how many seconds his clock is ahead
   */
  record LeaseTaken(int skew) implements Perturbation {
    private static final DateTimeFormatter MICROS =
        DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSSSSS'Z'");

    @Override
    public String number() {
      return "F28";
    }

    @Override
    public String title() {
      return "lease given to nobody; clock " + skew + " s ahead";
    }

    @Override
    public Set<Moment> moments() {
      return EnumSet.of(Moment.HALFWAY);
    }

    @Override
    public boolean isLong() {
      return true;
    }

    @Override
    public boolean mayEndOperator() {
      return true;
    }

    @Override
    public void begin(Scene scene) {
      String now = MICROS.format(ZonedDateTime.now(ZoneOffset.UTC).plusSeconds(skew));
      // Whatever the leader has just written: it writes every two seconds.
      lease(scene)
          .patch(
              PatchContext.of(PatchType.JSON_MERGE),
              "{\"spec\":{\"holderIdentity\":\"nobody\",\"renewTime\":\"%s\"}}".formatted(now));
    }
  }

  /** Less memory than it is given. */
  record SmallHeap() implements Perturbation {
    @Override
    public String number() {
      return "F29";
    }

    @Override
    public String title() {
      return "heap of 96 MiB";
    }

    @Override
    public Set<Moment> moments() {
      return EnumSet.of(Moment.BEFORE);
    }

    @Override
    public void prepare(Scene scene) {
      scene.stopOperator();
      scene.operator().heap("96m");
      scene.startOperator();
    }

    @Override
    public void begin(Scene scene) {
      scene.operator().heap("128m");
    }
  }
}
