package dev.epd.operator.faults;

import io.fabric8.kubernetes.api.model.DeletionPropagation;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** F18 and F19: names that mean another object than before. */
final class NameFaults {
  private NameFaults() {}

  static List<Perturbation> all() {
    List<Perturbation> all = new ArrayList<>();
    Dependents.KINDS.forEach(kind -> all.add(new Squatted(kind)));
    all.add(new Reborn(true, false));
    all.add(new Reborn(true, true));
    all.add(new Reborn(false, false));
    all.add(new Orphaned());
    return all;
  }

  /**
   * While the operator is away, somebody deletes an object and makes one of his own by its name. It
   * must be named as in the way and left as it is; when it goes, the operator's comes back.
   */
  private record Squatted(String kind) implements Perturbation {

    @Override
    public String number() {
      return "F18";
    }

    @Override
    public String title() {
      return "a stranger's " + kind + " by the name of ours";
    }

    @Override
    public Set<Moment> moments() {
      return EnumSet.of(Moment.AFTER);
    }

    @Override
    public Set<Story> stories() {
      return EnumSet.of(Story.CREATE, Story.SCALE);
    }

    @Override
    public boolean isLong() {
      return true;
    }

    @Override
    public Duration patience() {
      return LOOKED_AT_AGAIN;
    }

    @Override
    public Set<String> takes() {
      return Dependents.WITH_PODS.contains(kind) ? EVERY_ROLE : Set.of();
    }

    @Override
    public void begin(Scene scene) throws InterruptedException {
      GenericKubernetesResource ours = Dependents.of(scene, kind).getFirst();
      String name = ours.getMetadata().getName();
      scene.stopOperator();
      scene.objects(kind).withName(name).delete();
      if (!Lane.await(() -> scene.objects(kind).withName(name).get() == null)) {
        scene.complain(name + " is not deleted");
      }
      GenericKubernetesResource stranger = Dependents.stripped(ours);
      if (kind.equals("Deployment")) {
        // It must not make pods that look like ours.
        Map<String, Object> spec = stranger.get("spec");
        spec.put("replicas", 0);
      }
      if (kind.equals("Service")) {
        Map<String, Object> spec = stranger.get("spec");
        spec.remove("clusterIP");
        spec.remove("clusterIPs");
      }
      scene.keep(scene.client().resource(stranger).create());
      scene.startOperator();
    }

    @Override
    public void end(Scene scene) throws InterruptedException {
      GenericKubernetesResource made = scene.kept(GenericKubernetesResource.class);
      String name = made.getMetadata().getName();
      scene.awaitSaid("NameConflict", name);
      GenericKubernetesResource now = scene.objects(kind).withName(name).get();
      if (now == null || !now.getMetadata().getUid().equals(made.getMetadata().getUid())) {
        scene.complain("the stranger's object is gone");
      } else if (!now.getMetadata().getOwnerReferences().isEmpty()
          || now.getMetadata().getLabels() != null && !now.getMetadata().getLabels().isEmpty()
          || !sameSpec(made, now)) {
        scene.complain("the stranger's object was taken over: " + now);
      }
      scene.objects(kind).withName(name).delete();
    }

    private static boolean sameSpec(GenericKubernetesResource made, GenericKubernetesResource now) {
      Object before = made.get("spec");
      return before == null || before.equals(now.get("spec"));
    }
  }

  /**
   * The cluster is deleted and made again by the same name: nothing of the first may be taken for
   * the second's.
   *
   * @param isAway whether the operator is away meanwhile
   * @param isGone whether all of the first has gone before the second is made
   */
  private record Reborn(boolean isAway, boolean isGone) implements Perturbation {
    @Override
    public String number() {
      return "F19";
    }

    @Override
    public String title() {
      return "cluster made anew by its name; operator %s; children %s"
          .formatted(isAway ? "away" : "there", isGone ? "gone" : "still going");
    }

    @Override
    public Set<Moment> moments() {
      return EnumSet.of(Moment.HALFWAY, Moment.AFTER);
    }

    /** Others leave a history that the second has no part in. */
    @Override
    public Set<Story> stories() {
      return EnumSet.of(Story.CREATE);
    }

    @Override
    public Set<String> takes() {
      return EVERY_ROLE;
    }

    @Override
    public void begin(Scene scene) throws InterruptedException {
      if (isAway) {
        scene.stopOperator();
      }
      GenericKubernetesResource first = scene.objects("EPDCluster").withName("one").get();
      scene.objects("EPDCluster").withName("one").delete();
      boolean isNext =
          Lane.await(
              () ->
                  isGone
                      ? scene.stage().clear()
                      : scene.objects("EPDCluster").withName("one").get() == null);
      if (!isNext) {
        scene.complain("the first is not deleted");
      }
      scene.client().resource(Dependents.stripped(first)).create();
      if (isAway) {
        scene.startOperator();
      }
    }
  }

  /** Deleted without its children, and made again: they are nobody's now, and are not adopted. */
  private record Orphaned() implements Perturbation {
    @Override
    public String number() {
      return "F19";
    }

    @Override
    public String title() {
      return "cluster deleted without its children and made anew";
    }

    @Override
    public Set<Moment> moments() {
      return EnumSet.of(Moment.AFTER);
    }

    @Override
    public Set<Story> stories() {
      return EnumSet.of(Story.CREATE);
    }

    @Override
    public Set<String> takes() {
      return EVERY_ROLE;
    }

    @Override
    public boolean isLong() {
      return true;
    }

    @Override
    public Duration patience() {
      return LOOKED_AT_AGAIN;
    }

    @Override
    public void begin(Scene scene) throws InterruptedException {
      GenericKubernetesResource first = scene.objects("EPDCluster").withName("one").get();
      scene
          .objects("EPDCluster")
          .withName("one")
          .withPropagationPolicy(DeletionPropagation.ORPHAN)
          .delete();
      if (!Lane.await(() -> scene.objects("EPDCluster").withName("one").get() == null)) {
        scene.complain("not let go: " + scene.objects("EPDCluster").withName("one").get());
        return;
      }
      scene.client().resource(Dependents.stripped(first)).create();
      scene.awaitSaid("NameConflict", "one-");
    }

    @Override
    public void end(Scene scene) {
      for (String kind : Dependents.KINDS) {
        for (GenericKubernetesResource object : scene.objects(kind).list().getItems()) {
          if (object.getMetadata().getName().startsWith("one-")
              && object.getMetadata().getOwnerReferences().isEmpty()) {
            scene.objects(kind).withName(object.getMetadata().getName()).delete();
          }
        }
      }
    }
  }
}
