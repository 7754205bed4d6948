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

/**
 * Lets no write out on a lease that may have run out. A process that stood still for longer than
 * that goes on where it was, and its reconcilers are sooner than the election, which asks only now
 * and then: what they wrote would stand beside, or over, what the next leader writes.
 *
 * <p>A renewal counts from when it was asked for, by this process's own clock. Without one there is
 * no election, and nothing is held up.
 */
final class LeaseFence implements Interceptor {
  private static final Set<String> WRITES = Set.of("create", "update", "patch", "delete");

  /** The operator touches no lease but its own. */
  private static final String LEASES = "leases";

  private final Duration valid;
  private final LongSupplier nanos;
  private final Runnable lost;
  private volatile long asked;
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
    long now = nanos.getAsLong();
    if (what.resource().equals(LEASES)) {
      asked = now;
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
      renewed = asked;
      leads = true;
    }
  }
}
