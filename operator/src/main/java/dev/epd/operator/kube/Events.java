package dev.epd.operator.kube;

import dev.epd.api.v1alpha1.Reason;
import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.EventBuilder;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import org.jboss.logging.Logger;

/**
 * Writes core/v1 Events on transitions. An event that cannot be written is logged and forgotten: it
 * must never hold up the work that it tells of.
 */
public final class Events {
  private static final Logger LOG = Logger.getLogger(Events.class);
  private static final String COMPONENT = "epd-operator";
  private static final int MAX_MESSAGE = 1024;

  private final KubernetesClient client;
  private final InstantSource clock;
  private final String instance;

  /**
   * An event writer.
   *
   * @param instance name of this process, such as its pod's
   */
  public Events(KubernetesClient client, InstantSource clock, String instance) {
    this.client = client;
    this.clock = clock;
    this.instance = instance;
  }

  /** Tells of something that is as it should be. */
  public void normal(HasMetadata about, Reason reason, String message) {
    write(about, "Normal", reason, message);
  }

  /** Tells of something that somebody should look at. */
  public void warning(HasMetadata about, Reason reason, String message) {
    write(about, "Warning", reason, message);
  }

  private void write(HasMetadata about, String type, Reason reason, String message) {
    Instant now = clock.instant();
    String time = now.truncatedTo(ChronoUnit.SECONDS).toString();
    long nanos = now.getEpochSecond() * 1_000_000_000L + now.getNano();
    Event event =
        new EventBuilder()
            .withNewMetadata()
            .withNamespace(about.getMetadata().getNamespace())
            .withName(about.getMetadata().getName() + "." + Long.toHexString(nanos))
            .endMetadata()
            .withNewInvolvedObject()
            .withApiVersion(about.getApiVersion())
            .withKind(about.getKind())
            .withNamespace(about.getMetadata().getNamespace())
            .withName(about.getMetadata().getName())
            .withUid(about.getMetadata().getUid())
            .withResourceVersion(about.getMetadata().getResourceVersion())
            .endInvolvedObject()
            .withType(type)
            .withReason(reason.name())
            .withMessage(
                message.length() <= MAX_MESSAGE ? message : message.substring(0, MAX_MESSAGE))
            .withFirstTimestamp(time)
            .withLastTimestamp(time)
            .withCount(1)
            .withNewSource(COMPONENT, instance)
            .withReportingComponent(COMPONENT)
            .withReportingInstance(instance)
            .build();
    try {
      client.v1().events().resource(event).create();
    } catch (KubernetesClientException e) {
      if (EndingNamespace.refused(e)) {
        return; // with the namespace goes whoever would have read it
      }
      LOG.warnf(
          "event %s on %s was not written: %s",
          reason, about.getFullResourceName(), e.getMessage());
    }
  }
}
