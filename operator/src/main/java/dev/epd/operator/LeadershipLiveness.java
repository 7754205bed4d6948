package dev.epd.operator;

import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseSpec;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.function.Supplier;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Liveness;
import org.jspecify.annotations.Nullable;

/**
 * A lease that nobody holds for long means that the election in this process has died: a live one
 * takes it within seconds. Restart then. An API server that does not answer is no reason to.
 */
@Liveness
@ApplicationScoped
public class LeadershipLiveness implements HealthCheck {
  private static final Duration GRACE = Duration.ofSeconds(60);

  private final Supplier<@Nullable Lease> lease;
  private final InstantSource clock;
  private @Nullable Instant freeSince;

  /** A check of the lease that {@link Leadership} takes. */
  @Inject
  public LeadershipLiveness(
      KubernetesClient client,
      InstantSource clock,
      @ConfigProperty(name = "epd.lease", defaultValue = "epd-operator") String name,
      @ConfigProperty(name = "pod.namespace", defaultValue = "epd-system") String namespace) {
    this(() -> client.leases().inNamespace(namespace).withName(name).get(), clock);
  }

  LeadershipLiveness(Supplier<@Nullable Lease> lease, InstantSource clock) {
    this.lease = lease;
    this.clock = clock;
  }

  @Override
  public synchronized HealthCheckResponse call() {
    Instant now = clock.instant();
    if (!isFree(now)) {
      freeSince = null;
    } else if (freeSince == null) {
      freeSince = now;
    }
    boolean alive = freeSince == null || now.isBefore(freeSince.plus(GRACE));
    return HealthCheckResponse.named("somebody leads").status(alive).build();
  }

  /** Without a lease there is no election: this process leads alone, or has not asked yet. */
  private boolean isFree(Instant now) {
    try {
      Lease found = lease.get();
      return found != null && hasRunOut(found.getSpec(), now);
    } catch (KubernetesClientException e) {
      return false;
    }
  }

  private static boolean hasRunOut(LeaseSpec spec, Instant now) {
    return spec.getRenewTime() == null
        || spec.getLeaseDurationSeconds() == null
        || now.isAfter(spec.getRenewTime().toInstant().plusSeconds(spec.getLeaseDurationSeconds()));
  }
}
