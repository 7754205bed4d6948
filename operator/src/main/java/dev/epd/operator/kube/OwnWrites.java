package dev.epd.operator.kube;

import io.fabric8.kubernetes.client.CustomResource;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The statuses that were written last, until the informer has seen them. Without it a reconcile
 * that starts before its own last write has come back takes the status before that for the present
 * one, finds that it says what is true again, and leaves the wrong one standing: a change of status
 * wakes nobody up.
 *
 * <p>Resource versions of one kind are compared as numbers, which Kubernetes promises (<a
 * href="https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-versions">API
 * concepts</a>).
 *
 * @param <S> the status
 * @param <P> the resource
 */
public final class OwnWrites<S, P extends CustomResource<?, S>> {
  /** An informer that lags longer has other troubles; what was deleted must not stay for ever. */
  private static final Duration REMEMBERED = Duration.ofSeconds(110);

  private final InstantSource clock;
  private final UnaryOperator<P> copy;
  private final Map<String, Write<S>> writes = new ConcurrentHashMap<>();

  private record Write<S>(S status, long version, Instant at) {}

  /**
   * No writes yet.
   *
   * @param copy makes a copy that may be changed
   */
  public OwnWrites(InstantSource clock, UnaryOperator<P> copy) {
    this.clock = clock;
    this.copy = copy;
  }

  /** The resource with the status that was written last, where the cached one is older. */
  public P upToDate(P cached) {
    Instant now = clock.instant();
    writes.values().removeIf(w -> w.at().plus(REMEMBERED).isBefore(now));
    String uid = cached.getMetadata().getUid();
    Write<S> write = writes.get(uid);
    if (write == null) {
      return cached;
    }
    if (version(cached) >= write.version()) {
      writes.remove(uid);
      return cached;
    }
    P fresh = copy.apply(cached);
    fresh.setStatus(write.status());
    return fresh;
  }

  /** Remembers a write by what the server answered to it. */
  public void written(P answer, S status) {
    writes.put(
        answer.getMetadata().getUid(), new Write<>(status, version(answer), clock.instant()));
  }

  private static long version(CustomResource<?, ?> resource) {
    @Nullable String version = resource.getMetadata().getResourceVersion();
    return version == null ? 0 : Long.parseLong(version);
  }
}
