package dev.epd.operator;

import dev.epd.operator.ApiRequestMetrics.Asked;
import io.fabric8.kubernetes.client.http.AsyncBody;
import io.fabric8.kubernetes.client.http.BasicBuilder;
import io.fabric8.kubernetes.client.http.HttpRequest;
import io.fabric8.kubernetes.client.http.HttpResponse;
import io.fabric8.kubernetes.client.http.Interceptor;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.function.LongSupplier;
import org.jboss.logging.Logger;

/**
 * Lets no write out on a lease that may have run out. A process that stood still for longer than
 * that goes on where it was, and its reconcilers are sooner than the election, which asks only now
 * and then: what they wrote would stand beside, or over, what the next leader writes.
 *
 * <p>A renewal counts from when it was asked for, by this process's own clock: one that was on its
 * way when the process stopped is old when its answer is read, though the next may be asked for by
 * then. Without one there is no election, and nothing is held up.
 *
 * <p>What has passed here and is not sent when the process stops is sent when it goes on. The log
 * tells, at debug level, when each write came by.
 */
final class LeaseFence implements Interceptor {
  private static final Set<String> WRITES = Set.of("create", "update", "patch", "delete");

  /** The operator touches no lease but its own. */
  private static final String LEASES = "leases";

  /** On a lease's write: when it was asked for. The API server takes no notice of it. */
  private static final String ASKED = "Epd-Lease-Asked";

  private static final Logger LOG = Logger.getLogger(LeaseFence.class);

  private final Duration valid;
  private final LongSupplier nanos;
  private final Runnable lost;
  private volatile long renewed;
  private volatile boolean leads;

  /**
   * Of one process.
   *
   * @param valid how long after a renewal nobody else can have taken the lease
   * @param nanos a clock that nobody sets
   * @param lost ends the process; where it returns, the write goes out
   */
  LeaseFence(Duration valid, LongSupplier nanos, Runnable lost) {
    this.valid = valid;
    this.nanos = nanos;
    this.lost = lost;
  }

  @Override
  public void before(BasicBuilder builder, HttpRequest request, RequestTags tags) {
    Asked what = Asked.of(request.method(), request.uri());
    if (!WRITES.contains(what.verb())) {
      return;
    }
    LOG.debugf("%s %s", request.method(), request.uri().getPath());
    long now = nanos.getAsLong();
    if (what.resource().equals(LEASES)) {
      builder.setHeader(ASKED, Long.toString(now));
    } else if (leads && now - renewed > valid.toNanos()) {
      lost.run();
    }
  }

  @Override
  public void after(
      HttpRequest request,
      HttpResponse<?> response,
      AsyncBody.Consumer<List<ByteBuffer>> consumer) {
    Asked what = Asked.of(request.method(), request.uri());
    if (WRITES.contains(what.verb()) && what.resource().equals(LEASES) && response.isSuccessful()) {
      renewed = Long.parseLong(request.header(ASKED));
      leads = true;
    }
  }
}
