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
import org.jspecify.annotations.Nullable;

/** One role's pods, made by the operator from an EPDCluster; has {@code /scale}. */
@Group("epd.dev")
@Version("v1alpha1")
@Kind("EPDPool")
@Plural("epdpools")
@ShortNames("epool")
@Categories("epd-all")
@AdditionalPrinterColumn(name = "Role", jsonPath = ".spec.role", type = Type.STRING)
@AdditionalPrinterColumn(name = "Desired", jsonPath = ".spec.replicas", type = Type.INTEGER)
@AdditionalPrinterColumn(name = "Ready", jsonPath = ".status.readyReplicas", type = Type.INTEGER)
@AdditionalPrinterColumn(name = "Owner", jsonPath = ".spec.replicasOwner", type = Type.STRING)
@AdditionalPrinterColumn(
    name = "Reason",
    jsonPath = ".status.conditions[?(@.type==\"Ready\")].reason",
    type = Type.STRING)
@AdditionalPrinterColumn(
    name = "Min",
    jsonPath = ".spec.autoscaling.minReplicas",
    type = Type.INTEGER,
    priority = 1)
@AdditionalPrinterColumn(
    name = "Max",
    jsonPath = ".spec.autoscaling.maxReplicas",
    type = Type.INTEGER,
    priority = 1)
@AdditionalPrinterColumn(
    name = "Wanted",
    jsonPath = ".status.lastDecision.wanted",
    type = Type.INTEGER,
    priority = 1)
@AdditionalPrinterColumn(
    name = "Limited by",
    jsonPath = ".status.lastDecision.limitedBy",
    type = Type.STRING,
    priority = 1)
@AdditionalPrinterColumn(
    name = "Scaling",
    jsonPath = ".status.lastDecision.reason",
    type = Type.STRING,
    priority = 1)
@AdditionalPrinterColumn(name = "Age", jsonPath = ".metadata.creationTimestamp", type = Type.DATE)
public class EPDPool extends CustomResource<EPDPoolSpec, @Nullable EPDPoolStatus>
    implements Namespaced {
  private static final long serialVersionUID = 1L;

  @Override
  @SuppressWarnings("NullAway") // the parent's contract: null until set
  protected EPDPoolSpec initSpec() {
    return null;
  }

  @Override
  protected @Nullable EPDPoolStatus initStatus() {
    return null;
  }
}
