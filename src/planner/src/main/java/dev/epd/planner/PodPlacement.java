package dev.epd.planner;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.epd.api.v1alpha1.EPDPoolSpec;
import dev.epd.api.v1alpha1.Placement;
import dev.epd.api.v1alpha1.Spread;
import dev.epd.api.v1alpha1.Toleration;
import io.fabric8.kubernetes.api.model.PodSpecBuilder;
import io.fabric8.kubernetes.api.model.TolerationBuilder;

/** On which nodes the pods of a pool run. */
final class PodPlacement {
  private PodPlacement() {}

  /** Everything but the affinity, whose shape the API leaves to Kubernetes. */
  static void place(PodSpecBuilder pod, EPDPoolSpec spec) {
    Placement placement = spec.placement();
    if (placement == null) {
      return;
    }
    pod.withNodeSelector(placement.nodeSelector());
    for (Toleration toleration : placement.tolerations()) {
      pod.addToTolerations(tolerated(toleration));
    }
    Spread spread = placement.spread();
    if (spread != null) {
      pod.addNewTopologySpreadConstraint()
          .withMaxSkew(1)
          .withTopologyKey(spread.topologyKey())
          .withWhenUnsatisfiable("ScheduleAnyway")
          .withNewLabelSelector()
          .withMatchLabels(Labels.roleSelector(spec.clusterRef().name(), spec.role()))
          .endLabelSelector()
          // Old and new pods of a rollout are spread each for themselves.
          .withMatchLabelKeys("pod-template-hash")
          .endTopologySpreadConstraint();
    }
  }

  /** Sets the affinity as it was written: a field that is misspelt is Kubernetes' to refuse. */
  static void setAffinity(ObjectNode podSpec, EPDPoolSpec spec) {
    Placement placement = spec.placement();
    if (placement != null && placement.affinity() != null) {
      podSpec.set("affinity", placement.affinity().deepCopy());
    }
  }

  private static io.fabric8.kubernetes.api.model.Toleration tolerated(Toleration toleration) {
    return new TolerationBuilder()
        .withKey(toleration.key())
        .withOperator(toleration.operator() == null ? null : toleration.operator().name())
        .withValue(toleration.value())
        .withEffect(toleration.effect() == null ? null : toleration.effect().name())
        .withTolerationSeconds(toleration.tolerationSeconds())
        .build();
  }
}
