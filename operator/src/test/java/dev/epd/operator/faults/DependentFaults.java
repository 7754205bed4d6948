package dev.epd.operator.faults;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/** F16 and F17: others change what the operator made. */
final class DependentFaults {
  private static final Set<Story> WITHOUT_HISTORY =
      EnumSet.of(Story.CREATE, Story.SCALE, Story.SCALE_DOWN);
  private static final Set<Story> ALL_BUT_DELETE = EnumSet.complementOf(EnumSet.of(Story.DELETE));

  private DependentFaults() {}

  static List<Perturbation> all() {
    List<Perturbation> all = new ArrayList<>();
    for (String kind : Dependents.KINDS) {
      all.add(new Deleted(List.of(kind), false));
      all.add(new Deleted(List.of(kind), true));
      if (Dependents.isEditable(kind)) {
        all.add(new Edited(List.of(kind), false));
        all.add(new Contested(kind));
        all.add(new Stripped(List.of(kind), false));
        all.add(new Disowned(kind));
      }
    }
    for (String kind : List.of("ReplicaSet", "Pod")) {
      all.add(new Deleted(List.of(kind), false));
      all.add(new Deleted(List.of(kind), true));
    }
    List<String> editable = Dependents.KINDS.stream().filter(Dependents::isEditable).toList();
    all.add(new Deleted(editable, true));
    all.add(new Edited(editable, true));
    all.add(new Stripped(editable, true));
    return all;
  }

  private static String named(List<String> kinds, boolean all) {
    String kind = kinds.size() == 1 ? kinds.getFirst() : "object";
    return all ? "every " + kind : "one " + kind;
  }

  private static List<GenericKubernetesResource> chosen(
      Scene scene, List<String> kinds, boolean all) {
    List<GenericKubernetesResource> chosen = new ArrayList<>();
    for (String kind : kinds) {
      List<GenericKubernetesResource> there = Dependents.of(scene, kind);
      chosen.addAll(all ? there : there.stream().limit(1).toList());
    }
    return chosen;
  }

  /** Somebody deletes. */
  record Deleted(List<String> kinds, boolean every) implements Perturbation {
    @Override
    public String number() {
      return "F17";
    }

    @Override
    public String title() {
      return named(kinds, every) + " deleted";
    }

    @Override
    public Set<Moment> moments() {
      return EnumSet.of(Moment.HALFWAY, Moment.AFTER);
    }

    /** What keeps the past goes with it: a roll would end without the sets before it. */
    @Override
    public Set<Story> stories() {
      boolean isPast =
          kinds.contains("ControllerRevision")
              || kinds.stream().anyMatch(k -> Dependents.WITH_PODS.contains(k) && !k.equals("Pod"));
      return isPast ? WITHOUT_HISTORY : ALL_BUT_DELETE;
    }

    @Override
    public Set<String> takes() {
      return kinds.stream().anyMatch(Dependents.WITH_PODS::contains) ? EVERY_ROLE : Set.of();
    }

    /** Secrets may not be watched: one is asked for when its cluster is looked at again. */
    @Override
    public boolean isLong() {
      return kinds.contains("Secret");
    }

    @Override
    public Duration patience() {
      return isLong() ? LOOKED_AT_AGAIN : Perturbation.super.patience();
    }

    @Override
    public void begin(Scene scene) {
      for (GenericKubernetesResource object : chosen(scene, kinds, every)) {
        scene.objects(object.getKind()).withName(object.getMetadata().getName()).delete();
      }
    }
  }

  /** Somebody changes a field of the operator's, as kubectl edit does. */
  record Edited(List<String> kinds, boolean every) implements Perturbation {
    @Override
    public String number() {
      return "F17";
    }

    @Override
    public String title() {
      return named(kinds, every) + " edited";
    }

    @Override
    public Set<Moment> moments() {
      return EnumSet.of(Moment.HALFWAY, Moment.AFTER);
    }

    @Override
    public Set<Story> stories() {
      return ALL_BUT_DELETE;
    }

    @Override
    public void begin(Scene scene) {
      for (GenericKubernetesResource object : chosen(scene, kinds, every)) {
        scene
            .objects(object.getKind())
            .withName(object.getMetadata().getName())
            .patch(PatchContext.of(PatchType.JSON_MERGE), Dependents.edit(object.getKind()));
      }
    }
  }

  /** The labels by which the operator's informers know an object are gone. */
  record Stripped(List<String> kinds, boolean every) implements Perturbation {
    @Override
    public String number() {
      return "F17";
    }

    @Override
    public String title() {
      return named(kinds, every) + " without labels";
    }

    @Override
    public Set<Moment> moments() {
      return EnumSet.of(Moment.HALFWAY, Moment.AFTER);
    }

    @Override
    public Set<Story> stories() {
      return ALL_BUT_DELETE;
    }

    @Override
    public void begin(Scene scene) {
      for (GenericKubernetesResource object : chosen(scene, kinds, every)) {
        scene
            .objects(object.getKind())
            .withName(object.getMetadata().getName())
            .patch(
                PatchContext.of(PatchType.JSON),
                "[{\"op\":\"remove\",\"path\":\"/metadata/labels\"}]");
      }
    }
  }

  /**
   * An object without an owner is a stranger's: said so, left alone, and taken back when its owner
   * is named again.
   */
  record Disowned(String kind) implements Perturbation {

    @Override
    public String number() {
      return "F17";
    }

    @Override
    public String title() {
      return "one " + kind + " without its owner";
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
    public boolean isLong() {
      return true;
    }

    @Override
    public Duration patience() {
      return LOOKED_AT_AGAIN;
    }

    @Override
    public void begin(Scene scene) {
      GenericKubernetesResource object = Dependents.of(scene, kind).getFirst();
      scene.keep(object);
      owners(scene, object, List.of());
    }

    @Override
    public void end(Scene scene) throws InterruptedException {
      GenericKubernetesResource object = scene.kept(GenericKubernetesResource.class);
      scene.awaitSaid("NameConflict", object.getMetadata().getName());
      owners(scene, object, object.getMetadata().getOwnerReferences());
    }

    private static void owners(
        Scene scene, GenericKubernetesResource object, List<OwnerReference> owners) {
      scene
          .objects(object.getKind())
          .withName(object.getMetadata().getName())
          .patch(
              PatchContext.of(PatchType.JSON_MERGE),
              "{\"metadata\":{\"ownerReferences\":%s}}"
                  .formatted(scene.client().getKubernetesSerialization().asJson(owners)));
    }
  }

  /** Another manager applies a field of the operator's by force, again and again, and gives up. */
  record Contested(String kind) implements Perturbation {
    private static final int TIMES = 5;
    private static final Duration PAUSE = Duration.ofMillis(400);

    /** Its own answer, and what the change and its undoing make others say. */
    private static final int WRITES_PER_EDIT = 8;

    @Override
    public String number() {
      return "F16";
    }

    @Override
    public String title() {
      return "another manager applies to one " + kind + " " + TIMES + " times";
    }

    @Override
    public Set<Moment> moments() {
      return EnumSet.of(Moment.HALFWAY, Moment.AFTER);
    }

    @Override
    public Set<Story> stories() {
      return EnumSet.of(Story.CREATE, Story.SCALE, Story.ROLL_WITHIN_A_KEY);
    }

    @Override
    public void begin(Scene scene) throws InterruptedException {
      List<GenericKubernetesResource> chosen = Dependents.of(scene, kind);
      if (chosen.isEmpty()) {
        return;
      }
      GenericKubernetesResource object = chosen.getFirst();
      int before = scene.proxy().writes().size();
      String edit = Dependents.edit(kind);
      String intent =
          "{\"apiVersion\":\"%s\",\"kind\":\"%s\",\"metadata\":{\"name\":\"%s\"},%s"
              .formatted(
                  object.getApiVersion(), kind, object.getMetadata().getName(), edit.substring(1));
      for (int n = 0; n < TIMES; n++) {
        scene
            .objects(kind)
            .withName(object.getMetadata().getName())
            .patch(
                new PatchContext.Builder()
                    .withPatchType(PatchType.SERVER_SIDE_APPLY)
                    .withFieldManager("gitops")
                    .withForce(true)
                    .build(),
                intent);
        Thread.sleep(PAUSE);
      }
      scene.awaitEnd();
      int writes = scene.proxy().writes().size() - before;
      if (writes > TIMES * WRITES_PER_EDIT + scene.reference().writes()) {
        scene.complain("%d writes for %d edits".formatted(writes, TIMES));
      }
    }
  }
}
