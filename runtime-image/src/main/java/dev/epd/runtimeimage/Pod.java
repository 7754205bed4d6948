package dev.epd.runtimeimage;

import dev.epd.contract.ClusterKey;
import dev.epd.contract.Role;
import dev.epd.modelspec.ModelSpec;
import io.micrometer.core.instrument.binder.jvm.ClassLoaderMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One life of the process: health first, then the role, then the wait for SIGTERM, then the drain.
 */
final class Pod {
  private static final Logger LOG = LoggerFactory.getLogger(Pod.class);
  private static final HealthServer.State STARTING =
      new HealthServer.State(true, false, "starting: the model is being loaded");
  private static final Duration WATCH = Duration.ofSeconds(1);
  private static final Duration KEY_REFRESH = Duration.ofSeconds(10);

  private final Flags flags;
  private final CountDownLatch terminated = new CountDownLatch(1);
  private final CountDownLatch ended = new CountDownLatch(1);
  private volatile @Nullable Workload workload;
  private volatile boolean draining;
  private volatile int exitCode = 1;

  Pod(Flags flags) {
    this.flags = flags;
  }

  /**
   * Runs until SIGTERM and returns the exit code.
   *
   * @throws IOException if a port or file cannot be used
   */
  int run() throws IOException, InterruptedException {
    Thread hook = Thread.ofPlatform().name("terminate").unstarted(this::terminate);
    Runtime.getRuntime().addShutdownHook(hook);
    try {
      exitCode = serve();
      return exitCode;
    } finally {
      ended.countDown();
    }
  }

  private int serve() throws IOException, InterruptedException {
    useWritableCache();
    PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    bindJvm(registry);
    ClusterKey key = ClusterKey.load(flags.signingKeyFile);
    try (HealthServer health =
            HealthServer.start(
                flags.bindAddress, flags.metricsPort, registry, this::state, this::awaitWork);
        ModelSpec spec = ModelSpec.load(flags.modelDir, flags.servedName());
        Workload role =
            flags.role == Role.GATEWAY
                ? GatewayWorkload.start(flags, spec, key, registry)
                : RoleWorkload.start(flags, spec, key, registry)) {
      workload = role;
      Thread.ofVirtual().name("signing key").start(() -> refreshForever(key));
      LOG.info(
          "{} ready {} ms after the start of the process: {}, health and metrics on port {}",
          flags.role.wireName(),
          ManagementFactory.getRuntimeMXBean().getUptime(),
          role.address(),
          health.port());
      if (!awaitTermination(role)) {
        LOG.error("the engine is broken: this process ends so that it can be replaced");
        return 1;
      }
      draining = true;
      boolean done = role.drain(flags.drainTimeout);
      if (!done) {
        LOG.warn("work is left after the drain timeout of {} and is cut off", flags.drainTimeout);
        return Main.WORK_LEFT;
      }
      LOG.info("drained");
      return 0;
    }
  }

  /** True on SIGTERM; false when the process has become unsound. */
  private boolean awaitTermination(Workload role) throws InterruptedException {
    while (!terminated.await(WATCH.toMillis(), TimeUnit.MILLISECONDS)) {
      if (!role.state().live()) {
        return false;
      }
    }
    return true;
  }

  /** The Secret may be replaced while this process runs. */
  private void refreshForever(ClusterKey key) {
    try {
      while (!Thread.currentThread().isInterrupted()) {
        Thread.sleep(KEY_REFRESH);
        try {
          if (key.refresh(flags.signingKeyFile)) {
            LOG.info("the signing key was replaced: the one before is accepted for some minutes");
          }
        } catch (IOException | RuntimeException e) {
          LOG.warn("the signing key cannot be read again, the old one stays: {}", e.getMessage());
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private HealthServer.State state() {
    Workload role = workload;
    if (draining) {
      return new HealthServer.State(
          role == null || role.state().live(), false, "draining: running work is being finished");
    }
    return role == null ? STARTING : role.state();
  }

  private boolean awaitWork(Duration atMost) throws InterruptedException {
    Workload role = workload;
    return role != null && role.awaitWork(atMost);
  }

  /** The shutdown hook: the virtual machine stays while it waits for the drain. */
  private void terminate() {
    draining = true;
    terminated.countDown();
    try {
      if (workload != null) {
        ended.await();
        // A virtual machine that was told to stop ends with 143 unless it is halted with another
        // code.
        Runtime.getRuntime().halt(exitCode);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** The native library unpacks itself once; a pod's root file system may be read-only. */
  private static void useWritableCache() {
    boolean told =
        System.getenv("DJL_CACHE_DIR") != null || System.getProperty("DJL_CACHE_DIR") != null;
    Path home = Path.of(System.getProperty("user.home", "/"));
    if (!told && !Files.isWritable(home)) {
      String cache = Path.of(System.getProperty("java.io.tmpdir"), "epd-native").toString();
      System.setProperty("DJL_CACHE_DIR", cache);
      System.setProperty("ENGINE_CACHE_DIR", cache);
    }
  }

  private static void bindJvm(PrometheusMeterRegistry registry) {
    new JvmMemoryMetrics().bindTo(registry);
    new JvmThreadMetrics().bindTo(registry);
    new ClassLoaderMetrics().bindTo(registry);
    new ProcessorMetrics().bindTo(registry);
    new UptimeMetrics().bindTo(registry);
  }
}
