package dev.epd.operator.kube;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import java.time.Duration;
import java.util.Optional;

/**
 * Server-side apply that sends nothing when the live object already holds the intent.
 *
 * <p>"Holds" means: every field of the intent has its value and is managed by this controller, and
 * this controller manages no field that is not in the intent. A foreign change is thus undone, a
 * foreign addition left alone.
 */
public final class Applier {
  /**
   * When to look again after a write. What others wrote between the look and the write came back
   * with the answer to it, so the framework takes their events for known and wakes nobody.
   */
  public static final Duration AFTER_A_WRITE = Duration.ofSeconds(1);

  private Applier() {}

  /** What an apply did. */
  public enum Outcome {
    CREATED,
    CHANGED,
    UNCHANGED,
    /** An object of this name exists and belongs to somebody else; it was not touched. */
    FOREIGN;

    /** Whether the object was written. */
    public boolean isWrite() {
      return this == CREATED || this == CHANGED;
    }
  }

  /**
   * Brings one child of the reconciled object to the intent.
   *
   * @param intent the whole intent of this field manager, owner reference included; it is marked
   * @param source the informer that holds objects of its kind
   */
  public static <R extends HasMetadata, P extends HasMetadata> Outcome apply(
      R intent, ChildSource<R, P> source, Context<P> context) {
    return apply(intent, find(intent, source, context), source, context);
  }

  /** The same for an intent whose name the plan has seen to be free, or its owner's. */
  public static <R extends HasMetadata, P extends HasMetadata> Outcome applySeen(
      R intent, ChildSource<R, P> source, Context<P> context) {
    return apply(intent, source.get(ResourceID.fromResource(intent)), source, context);
  }

  private static <R extends HasMetadata, P extends HasMetadata> Outcome apply(
      R intent, Optional<R> live, ChildSource<R, P> source, Context<P> context) {
    IntentMark.set(intent);
    if (live.isPresent()) {
      if (!isControlledBy(live.get(), context.getPrimaryResource())) {
        return Outcome.FOREIGN;
      }
      if (source.changesNothing(live.get(), intent)
          || AppliedIntent.holds(live.get(), intent, managerOf(context))) {
        return Outcome.UNCHANGED;
      }
    }
    // Not through the framework's own-event filter: it swallowed a child's readiness that came in
    // while the write was under way. But the next look must not miss what was just written.
    R written = context.getClient().resource(intent).patch(force(managerOf(context)));
    source.written(written);
    if (live.isEmpty()) {
      return Outcome.CREATED;
    }
    if (!version(written).equals(version(live.get()))) {
      return Outcome.CHANGED;
    }
    source.changedNothing(written, intent);
    return Outcome.UNCHANGED;
  }

  /**
   * Applies a status: an intent of name and status alone, as this controller's manager. The event
   * it causes changes no generation, so the framework drops it. Returns what the server holds now.
   */
  public static <P extends HasMetadata> P applyStatus(P intent, Context<P> context) {
    return context
        .getClient()
        .resource(intent)
        .subresource("status")
        .patch(force(managerOf(context)));
  }

  private static String version(HasMetadata object) {
    return object.getMetadata().getResourceVersion();
  }

  private static String managerOf(Context<?> context) {
    return context.getControllerConfiguration().fieldManager();
  }

  /** Server-side apply, by force, as this manager. */
  public static PatchContext force(String manager) {
    return new PatchContext.Builder()
        .withPatchType(PatchType.SERVER_SIDE_APPLY)
        .withFieldManager(manager)
        .withForce(true)
        .build();
  }

  /**
   * The live object of the intent's name. The informers hold our own objects only, so an object
   * that they lack is asked for: it may be a stranger's, which an apply would take over.
   */
  public static <R extends HasMetadata, P extends HasMetadata> Optional<R> find(
      R named, ChildSource<R, P> source, Context<P> context) {
    return source
        .get(ResourceID.fromResource(named))
        .or(() -> Optional.ofNullable(context.getClient().resource(named).get()));
  }

  /** Whether the object's controller is this owner: same UID, not merely the same name. */
  public static boolean isControlledBy(HasMetadata object, HasMetadata owner) {
    return object.getMetadata().getOwnerReferences().stream()
        .anyMatch(
            ref ->
                Boolean.TRUE.equals(ref.getController())
                    && owner.getMetadata().getUid().equals(ref.getUid()));
  }
}
