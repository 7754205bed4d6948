package dev.epd.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.ValidationRule;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What a user writes. Which pools are present decides the topology. */
@ApiType
@ValidationRule(
    value = "has(self.prefill)",
    message = "prefill is required: every topology needs a prefill pool")
@ValidationRule(
    value =
        "!has(self.gateway) || !has(self.gateway.resources) || !(has(self.gateway.resources.gpu) ||"
            + " has(self.gateway.resources.claims))",
    message = "the gateway runs on CPU: remove gateway.resources.gpu and gateway.resources.claims",
    fieldPath = ".gateway")
@ValidationRule(
    value =
        "!has(self.prefill) || !has(self.prefill.autoscaling) ||"
            + " !has(self.prefill.autoscaling.minReplicas) || self.prefill.autoscaling.minReplicas >="
            + " 1",
    message = "prefill.autoscaling.minReplicas must be at least 1: only encoders can sleep",
    fieldPath = ".prefill")
@ValidationRule(
    value =
        "!has(self.decode) || !has(self.decode.autoscaling) ||"
            + " !has(self.decode.autoscaling.minReplicas) || self.decode.autoscaling.minReplicas >= 1",
    message = "decode.autoscaling.minReplicas must be at least 1: only encoders can sleep")
@ValidationRule(
    value =
        "!has(self.encoder) || !has(self.encoder.engine) || !has(self.encoder.engine.maxSequences)",
    message = "encoders hold no sequences: remove encoder.engine.maxSequences",
    fieldPath = ".encoder")
@ValidationRule(
    value = "!has(self.decode) || !has(self.decode.engine) || !has(self.decode.engine.maxImages)",
    message = "decode pods see no pictures: remove decode.engine.maxImages")
@ValidationRule(
    value =
        "!has(self.encoder) || !has(self.prefill) || !has(self.prefill.engine) ||"
            + " !has(self.prefill.engine.maxImages)",
    message =
        "with an encoder pool prefill encodes no pictures: set encoder.engine.maxImages instead",
    fieldPath = ".prefill")
@ValidationRule(
    value =
        "!has(self.encoder) || !has(self.encoder.engine) || !has(self.encoder.engine.maxTokens)",
    message = "encoders read no prompts: set prefill.engine.maxTokens instead",
    fieldPath = ".encoder")
@ValidationRule(
    value =
        "!has(self.decode) || !has(self.decode.engine) || !(has(self.decode.engine.maxTokens) ||"
            + " has(self.decode.engine.cacheBytes))",
    message =
        "decode pods read no prompts and see no pictures: remove decode.engine.maxTokens and"
            + " decode.engine.cacheBytes")
@ValidationRule(
    value =
        "!has(self.encoder) || !has(self.prefill) || !has(self.prefill.engine) ||"
            + " !has(self.prefill.engine.cacheBytes)",
    message =
        "with an encoder pool prefill keeps no embeddings: set encoder.engine.cacheBytes instead",
    fieldPath = ".prefill")
@ValidationRule(value = GpuBudgetRule.RULE, message = GpuBudgetRule.MESSAGE, fieldPath = ".scaling")
@ValidationRule(
    value = RatioRules.ROLES,
    message = RatioRules.ROLES_MESSAGE,
    fieldPath = ".scaling")
@ValidationRule(
    value = RatioRules.BOUNDS,
    message = RatioRules.BOUNDS_MESSAGE,
    fieldPath = ".scaling")
public record EPDClusterSpec(
    @JsonPropertyDescription("The model that is served.") @Required Model model,
    @JsonPropertyDescription("The program that runs in every pod.") @Required Runtime runtime,
    @JsonPropertyDescription("The OpenAI endpoint.") @Default("{}") @Nullable Gateway gateway,
    @JsonPropertyDescription(
            "Pods that encode images. Leave out: prefill encodes them itself (topologies EP+D and"
                + " all in one).")
        @Nullable RolePool encoder,
    @JsonPropertyDescription("Pods that read the prompt. Required in every topology.")
        RolePool prefill,
    @JsonPropertyDescription(
            "Pods that write the answer. Leave out: prefill writes it itself (topologies E+PD and"
                + " all in one).")
        @Nullable RolePool decode,
    @JsonPropertyDescription(
            "True: every pool goes to 0 pods, the gateway first, and running requests are finished."
                + " All objects and numbers stay; false brings the pods back.")
        @Nullable Boolean suspend,
    @JsonPropertyDescription("Bounds on the cluster as a whole.") @Nullable Scaling scaling,
    @JsonPropertyDescription("In what order pods are replaced when the spec changes.")
        @Nullable ClusterRollout rollout,
    @JsonPropertyDescription("Who may talk to the pods of this cluster.")
        @Nullable Network network) {

  public boolean suspended() {
    return Boolean.TRUE.equals(suspend);
  }

  public ClusterRollout rolloutOrDefault() {
    return rollout == null ? ClusterRollout.DEFAULT : rollout;
  }

  public List<ScalingRatio> ratios() {
    return scaling == null ? List.of() : scaling.ratios();
  }

  public Network networkOrDefault() {
    return network == null ? Network.DEFAULT : network;
  }

  public Gateway gatewayOrDefault() {
    return gateway == null ? Gateway.DEFAULT : gateway;
  }

  /** The pool of a model role, if the spec has it; null for the gateway, which is no RolePool. */
  public @Nullable RolePool pool(Role role) {
    return switch (role) {
      case GATEWAY -> null;
      case ENCODER -> encoder;
      case PREFILL -> prefill;
      case DECODE -> decode;
    };
  }

  /** The roles that have a pool, the gateway included, in the order of {@link Role}. */
  public Set<Role> roles() {
    Set<Role> roles = EnumSet.of(Role.GATEWAY, Role.PREFILL);
    if (encoder != null) {
      roles.add(Role.ENCODER);
    }
    if (decode != null) {
      roles.add(Role.DECODE);
    }
    return roles;
  }
}
