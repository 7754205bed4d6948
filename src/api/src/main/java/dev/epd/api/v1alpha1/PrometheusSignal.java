package dev.epd.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;

/** A query whose one value is divided by what a pod carries. */
@ApiType
public record PrometheusSignal(
    @JsonPropertyDescription(
            "The server, as in http://prometheus.monitoring:9090. Asked without credentials.")
        @Required
        @Size(max = 256)
        @ValidationRule(
            value = "self.matches('^https?://[^ @?#]+$')",
            message =
                "serverURL must be http:// or https:// with host and port, without user or query")
        String serverURL,
    @JsonPropertyDescription(
            "PromQL that gives one value: the load of the whole pool. Asked every 5 seconds.")
        @Required
        @Size(min = 1, max = 1024)
        String query,
    @JsonPropertyDescription("The value that one pod carries, as in 100 or 0.5.")
        @Required
        @Size(max = 20)
        @Pattern("^[0-9]{1,12}(\\.[0-9]{1,6})?$")
        @ValidationRule(value = "double(self) > 0.0", message = "prometheus.perPod must be above 0")
        String perPod) {

  public double perPodParsed() {
    return Double.parseDouble(perPod);
  }
}
