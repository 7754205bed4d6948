package dev.epd.operator;

import io.fabric8.kubernetes.client.extended.leaderelection.LeaderCallbacks;
import io.javaoperatorsdk.operator.api.config.LeaderElectionConfiguration;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.time.Duration;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jboss.logging.Logger;

/**
 * One of several operator processes acts: the holder of a Lease (15 s, renewed within 10 s, tried
 * about every second and a half, see {@link #RETRY}). Who loses it ends at once, so that it cannot
 * go on acting.
 */
@Singleton
public class Leadership extends LeaderElectionConfiguration {
  private static final Logger LOG = Logger.getLogger(Leadership.class);

  /**
   * The client adds up to 120 % to it at random. Half of the framework's: what a drained operator
   * leaves undone waits for the other's next try.
   */
  private static final Duration RETRY = Duration.ofSeconds(1);

  /**
   * How long after a renewal nobody else leads for sure. After the renew deadline the election
   * gives up by itself, and the lease runs out after its duration: between them, since neither
   * clock is exact.
   */
  static final Duration SURE =
      RENEW_DEADLINE_DEFAULT_VALUE.plus(LEASE_DURATION_DEFAULT_VALUE).dividedBy(2);

  /**
   * The lease lies in the operator's own namespace.
   *
   * @param lease {@code EPD_LEASE}; operators that share a lease share the work, so two that watch
   *     different namespaces from one namespace need two
   * @param namespace {@code POD_NAMESPACE}
   * @param identity {@code POD_NAME}; must differ between processes
   */
  @Inject
  public Leadership(
      @ConfigProperty(name = "epd.lease", defaultValue = "epd-operator") String lease,
      @ConfigProperty(name = "pod.namespace", defaultValue = "epd-system") String namespace,
      @ConfigProperty(name = "pod.name", defaultValue = "epd-operator") String identity) {
    super(
        lease,
        namespace,
        LEASE_DURATION_DEFAULT_VALUE,
        RENEW_DEADLINE_DEFAULT_VALUE,
        RETRY,
        identity,
        new LeaderCallbacks(() -> {}, Leadership::lost, leader -> {}),
        // The framework's own exit waits for the shutdown that called it, and so for ever.
        false);
  }

  /**
   * Halts, since an orderly exit would wait for reconciles that may hang; not when ending anyway.
   */
  static void lost() {
    if (!isEnding()) {
      LOG.error("lost the lease; ending, so that only one process acts");
      Runtime.getRuntime().halt(1);
    }
  }

  /** The JVM takes no more hooks once its shutdown has begun. */
  private static boolean isEnding() {
    Thread probe = new Thread(() -> {});
    try {
      Runtime.getRuntime().addShutdownHook(probe);
      Runtime.getRuntime().removeShutdownHook(probe);
      return false;
    } catch (IllegalStateException e) {
      return true;
    }
  }
}
