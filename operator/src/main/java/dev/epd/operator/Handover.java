package dev.epd.operator;

import dev.epd.operator.autoscaling.AutoscalerLoop;
import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.quarkus.runtime.ShutdownEvent;
import jakarta.annotation.Priority;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.time.Duration;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jboss.logging.Logger;

/**
 * The last act of an orderly end: nothing of ours writes any more, so the lease is given back and
 * the next process leads at its next try instead of when the lease runs out.
 */
@Singleton
public class Handover {
  private static final Logger LOG = Logger.getLogger(Handover.class);

  /** The framework stops its reconcilers, and its renewing of the lease, at 3123. */
  private static final int AFTER_THE_RECONCILERS = 3200;

  /** The client tries for minutes where no API server answers; nobody waits for that. */
  private static final Duration PATIENCE = Duration.ofSeconds(3);

  private final KubernetesClient client;
  private final AutoscalerLoop autoscaler;
  private final String name;
  private final String namespace;
  private final String identity;

  /** Gives back the lease that {@link Leadership} takes. */
  public Handover(
      KubernetesClient client,
      AutoscalerLoop autoscaler,
      @ConfigProperty(name = "epd.lease", defaultValue = "epd-operator") String name,
      @ConfigProperty(name = "pod.namespace", defaultValue = "epd-system") String namespace,
      @ConfigProperty(name = "pod.name", defaultValue = "epd-operator") String identity) {
    this.client = client;
    this.autoscaler = autoscaler;
    this.name = name;
    this.namespace = namespace;
    this.identity = identity;
  }

  void onStop(@Observes @Priority(AFTER_THE_RECONCILERS) ShutdownEvent event)
      throws InterruptedException {
    autoscaler.close();
    if (!Thread.ofVirtual().start(this::giveBack).join(PATIENCE)) {
      LOG.warn("the lease is not given back in time, it runs out by itself");
    }
  }

  private void giveBack() {
    try {
      Lease lease = client.leases().inNamespace(namespace).withName(name).get();
      if (lease != null && identity.equals(lease.getSpec().getHolderIdentity())) {
        // With its resourceVersion: whoever took the lease meanwhile keeps it.
        client.resource(givenBack(lease)).update();
      }
    } catch (KubernetesClientException e) {
      LOG.warnf("the lease is not given back, it runs out by itself: %s", e.getMessage());
    }
  }

  private static Lease givenBack(Lease lease) {
    return new LeaseBuilder(lease)
        .editSpec()
        .withHolderIdentity("")
        .withLeaseDurationSeconds(1)
        .endSpec()
        .build();
  }
}
