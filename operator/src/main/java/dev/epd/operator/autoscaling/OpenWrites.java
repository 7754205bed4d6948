package dev.epd.operator.autoscaling;

import dev.epd.api.v1alpha1.EPDPool;
import dev.epd.autoscaler.Decision;
import dev.epd.operator.kube.PoolPatch;
import dev.epd.planner.FieldManagers;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Numbers that may have been written though no answer says so: it is lost, or is that of the
 * client's second try. A write holds for one version of the pool, so that the next version shows
 * it.
 */
final class OpenWrites {
  private final Map<Integer, Decision> tried = new HashMap<>();
  private @Nullable String version;

  /** The version that was written upon: nothing that is tried on it again can be done. */
  private @Nullable String done;

  /** To be called before the number is written. */
  void trying(EPDPool pool, Decision decision) {
    String on = pool.getMetadata().getResourceVersion();
    if (!on.equals(done)) {
      version = on;
      tried.put(decision.to(), decision);
    }
  }

  /** The answer said that it was done. */
  void written(EPDPool pool) {
    done = pool.getMetadata().getResourceVersion();
    forget();
  }

  /** What has been written, as the pool shows; to be called at every look. */
  Optional<Decision> settled(EPDPool pool) {
    if (version == null || version.equals(pool.getMetadata().getResourceVersion())) {
      return Optional.empty();
    }
    Decision shown = tried.get(pool.getSpec().replicasOrDefault());
    forget();
    return shown != null && PoolPatch.isHeldBy(pool, FieldManagers.AUTOSCALER)
        ? Optional.of(shown)
        : Optional.empty();
  }

  private void forget() {
    version = null;
    tried.clear();
  }
}
