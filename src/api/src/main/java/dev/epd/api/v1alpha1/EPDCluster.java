package dev.epd.api.v1alpha1;

import io.fabric8.crd.generator.annotation.AdditionalPrinterColumn;
import io.fabric8.crd.generator.annotation.AdditionalPrinterColumn.Type;
import io.fabric8.generator.annotation.ValidationRule;
import io.fabric8.kubernetes.api.model.Namespaced;
import io.fabric8.kubernetes.client.CustomResource;
import io.fabric8.kubernetes.model.annotation.Categories;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.Kind;
import io.fabric8.kubernetes.model.annotation.Plural;
import io.fabric8.kubernetes.model.annotation.ShortNames;
import io.fabric8.kubernetes.model.annotation.Version;
import org.jspecify.annotations.Nullable;

/**
 * A model served by encode, prefill and decode pools behind one gateway. The name is at most 35
 * characters, so that {@code <name>-<role>-<key8>} stays within 52 and pod names within 63. The
 * category is not called epd: kubectl would read {@code kubectl get epd NAME} as all three kinds.
 */
@Group("epd.dev")
@Version("v1alpha1")
@Kind("EPDCluster")
@Plural("epdclusters")
@ShortNames("epd")
@Categories("epd-all")
@ValidationRule(
    value = "self.metadata.name.size() <= 35",
    message =
        "metadata.name must have at most 35 characters: the names of the cluster's pods are derived"
            + " from it")
@ValidationRule(
    value = "self.metadata.name.matches('^[a-z]([-a-z0-9]*[a-z0-9])?$')",
    message =
        "metadata.name must begin with a letter and hold only lower-case letters, digits and '-':"
            + " the gateway's Service is named after it")
@AdditionalPrinterColumn(
    name = "Ready",
    jsonPath = ".status.conditions[?(@.type==\"Ready\")].status",
    type = Type.STRING)
@AdditionalPrinterColumn(
    name = "Encoder",
    jsonPath = ".status.pools[?(@.role==\"encoder\")].summary",
    type = Type.STRING)
@AdditionalPrinterColumn(
    name = "Prefill",
    jsonPath = ".status.pools[?(@.role==\"prefill\")].summary",
    type = Type.STRING)
@AdditionalPrinterColumn(
    name = "Decode",
    jsonPath = ".status.pools[?(@.role==\"decode\")].summary",
    type = Type.STRING)
@AdditionalPrinterColumn(
    name = "Reason",
    jsonPath = ".status.conditions[?(@.type==\"Ready\")].reason",
    type = Type.STRING)
@AdditionalPrinterColumn(
    name = "Topology",
    jsonPath = ".status.topology",
    type = Type.STRING,
    priority = 1)
@AdditionalPrinterColumn(
    name = "Model",
    jsonPath = ".spec.model.name",
    type = Type.STRING,
    priority = 1)
@AdditionalPrinterColumn(name = "Age", jsonPath = ".metadata.creationTimestamp", type = Type.DATE)
public class EPDCluster extends CustomResource<EPDClusterSpec, @Nullable EPDClusterStatus>
    implements Namespaced {
  private static final long serialVersionUID = 1L;

  /** A spec is never made up: it is what the user wrote. */
  @Override
  @SuppressWarnings("NullAway") // the parent's contract: null until set
  protected EPDClusterSpec initSpec() {
    return null;
  }

  @Override
  protected @Nullable EPDClusterStatus initStatus() {
    return null;
  }
}
