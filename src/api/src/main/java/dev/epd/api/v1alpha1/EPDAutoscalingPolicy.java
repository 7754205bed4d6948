package dev.epd.api.v1alpha1;

import io.fabric8.crd.generator.annotation.AdditionalPrinterColumn;
import io.fabric8.crd.generator.annotation.AdditionalPrinterColumn.Type;
import io.fabric8.kubernetes.api.model.Namespaced;
import io.fabric8.kubernetes.client.CustomResource;
import io.fabric8.kubernetes.model.annotation.Categories;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.Kind;
import io.fabric8.kubernetes.model.annotation.Plural;
import io.fabric8.kubernetes.model.annotation.ShortNames;
import io.fabric8.kubernetes.model.annotation.Version;

/** How pools that name it are scaled. */
@Group("epd.dev")
@Version("v1alpha1")
@Kind("EPDAutoscalingPolicy")
@Plural("epdautoscalingpolicies")
@ShortNames("epdas")
@Categories("epd-all")
@AdditionalPrinterColumn(name = "Mode", jsonPath = ".spec.mode", type = Type.STRING)
@AdditionalPrinterColumn(
    name = "Interval",
    jsonPath = ".spec.behavior.interval",
    type = Type.STRING)
@AdditionalPrinterColumn(name = "Age", jsonPath = ".metadata.creationTimestamp", type = Type.DATE)
public class EPDAutoscalingPolicy extends CustomResource<EPDAutoscalingPolicySpec, Void>
    implements Namespaced {
  private static final long serialVersionUID = 1L;

  @Override
  @SuppressWarnings("NullAway") // the parent's contract: null until set
  protected EPDAutoscalingPolicySpec initSpec() {
    return null;
  }
}
