package dev.epd.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Size;
import io.fabric8.kubernetes.model.annotation.LabelSelector;
import io.fabric8.kubernetes.model.annotation.StatusReplicas;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the operator reports of a pool. Two writers, each with its own fields: the pool's controller
 * (everything but the last three) and the autoscaler ({@code lastDecision}, {@code scaler}, {@code
 * decisions}, condition AutoscalingActive).
 */
@ApiType
public record EPDPoolStatus(
    @JsonPropertyDescription("Generation of the spec that this status speaks of.") @Min(0)
        @Nullable Long observedGeneration,
    @JsonPropertyDescription("Pods that exist.") @StatusReplicas @Min(0) @Nullable Integer replicas,
    @JsonPropertyDescription("Pods that are ready.") @Min(0) @Nullable Integer readyReplicas,
    @JsonPropertyDescription("Pods that were told to stop and are finishing their work.") @Min(0)
        @Nullable Integer drainingReplicas,
    @JsonPropertyDescription("Label selector of the pool's pods, as /scale shows it.")
        @LabelSelector
        @Size(max = 1024)
        @Nullable String selector,
    @JsonPropertyDescription(
            "Conditions by type: Ready, Progressing, CapacityLimited, AutoscalingActive, Degraded.")
        @Size(max = 16)
        List<Condition> conditions,
    @JsonPropertyDescription(
            "Revision that the pool was rolled to completely; absent while it is being rolled.")
        @Size(max = 16)
        @Nullable String revision,
    @JsonPropertyDescription("Compatibility keys of the pods that exist; two in a change of model.")
        @Size(max = 16)
        List<@Size(max = 16) String> compatibilityKeys,
    @JsonPropertyDescription("Compatibility keys of the pods that are ready.") @Size(max = 16)
        List<@Size(max = 16) String> readyKeys,
    @JsonPropertyDescription("The autoscaler's last decision.")
        @Nullable ScaleDecision lastDecision,
    @JsonPropertyDescription("What the autoscaler has learned.") @Nullable ScalerMemory scaler,
    @JsonPropertyDescription("The autoscaler's last decisions, the newest first.")
        @Size(max = DECISIONS)
        List<ScaleStep> decisions) {
  /** Decisions that are kept. */
  public static final int DECISIONS = 8;

  public EPDPoolStatus {
    conditions = Lists.copyOrEmpty(conditions);
    compatibilityKeys = Lists.copyOrEmpty(compatibilityKeys);
    readyKeys = Lists.copyOrEmpty(readyKeys);
    decisions = Lists.copyOrEmpty(decisions);
  }

  /** A status that says nothing of revisions and keys. */
  public EPDPoolStatus(
      @Nullable Long observedGeneration,
      @Nullable Integer replicas,
      @Nullable Integer readyReplicas,
      @Nullable Integer drainingReplicas,
      @Nullable String selector,
      List<Condition> conditions,
      @Nullable ScaleDecision lastDecision,
      @Nullable ScalerMemory scaler,
      List<ScaleStep> decisions) {
    this(
        observedGeneration,
        replicas,
        readyReplicas,
        drainingReplicas,
        selector,
        conditions,
        null,
        List.of(),
        List.of(),
        lastDecision,
        scaler,
        decisions);
  }

  public int drainingOrZero() {
    return drainingReplicas == null ? 0 : drainingReplicas;
  }

  /** The autoscaler's whole part, and nothing of the pool controller's. */
  public static EPDPoolStatus ofAutoscaler(
      Condition active,
      @Nullable ScaleDecision lastDecision,
      @Nullable ScalerMemory scaler,
      List<ScaleStep> decisions) {
    return new EPDPoolStatus(
        null, null, null, null, null, List.of(active), lastDecision, scaler, decisions);
  }
}
