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
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Liveness;
import org.jspecify.annotations.Nullable;

/**
 * A lease that nobody holds for long means that the election in this process has died: a live one
 * takes it within seconds. Restart then. An API server that does not answer is no reason to, so a
 * probe never waits for it: it asks, and judges by the answer to an earlier one.
 */
@Liveness
@ApplicationScoped
public class LeadershipLiveness implements HealthCheck {
  private static final Duration GRACE = Duration.ofSeconds(60);

  private final Supplier<@Nullable Lease> lease;
  private final InstantSource clock;
  private final Executor asker;
  private final AtomicBoolean asking = new AtomicBoolean();
  private volatile @Nullable Instant freeSince;

  /** A check of the lease that {@link Leadership} takes. */
  @Inject
  public LeadershipLiveness(
      KubernetesClient client,
      InstantSource clock,
      @ConfigProperty(name = "epd.lease", defaultValue = "epd-operator") String name,
      @ConfigProperty(name = "pod.namespace", defaultValue = "epd-system") String namespace) {
    this(
        () -> client.leases().inNamespace(namespace).withName(name).get(),
        clock,
        Thread::startVirtualThread);
  }

  LeadershipLiveness(Supplier<@Nullable Lease> lease, InstantSource clock, Executor asker) {
    this.lease = lease;
    this.clock = clock;
    this.asker = asker;
  }

  @Override
  public HealthCheckResponse call() {
    if (asking.compareAndSet(false, true)) {
      asker.execute(this::ask);
    }
    Instant since = freeSince;
    boolean alive = since == null || clock.instant().isBefore(since.plus(GRACE));
    return HealthCheckResponse.named("somebody leads").status(alive).build();
  }

  private void ask() {
    try {
      Lease found = lease.get();
      Instant now = clock.instant();
      // Without a lease there is no election: this process leads alone, or has not asked yet.
      if (found == null || !hasRunOut(found.getSpec(), now)) {
        freeSince = null;
      } else if (freeSince == null) {
        freeSince = now;
      }
    } catch (KubernetesClientException e) {
      freeSince = null;
    } finally {
      asking.set(false);
    }
  }

  private static boolean hasRunOut(LeaseSpec spec, Instant now) {
    return spec.getRenewTime() == null
        || spec.getLeaseDurationSeconds() == null
        || now.isAfter(spec.getRenewTime().toInstant().plusSeconds(spec.getLeaseDurationSeconds()));
  }
}
