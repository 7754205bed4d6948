package dev.epd.gateway.queue;

import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Requests with images that have not started, fair among tenants by work: start-time fair queueing
 * (Goyal, Vin, Cheng 1996) with patches as cost; within a tenant the earliest deadline first. A
 * tenant that comes back from silence gets no credit for it. Guarded by the dispatcher's lock.
 */
final class TenantQueues {
  private static final Comparator<Entry> ORDER =
      (a, b) -> {
        // Differences, because nanosecond clocks may overflow.
        int byDeadline = Long.signum(a.demand.deadlineNanos() - b.demand.deadlineNanos());
        return byDeadline != 0 ? byDeadline : Long.compare(a.sequence, b.sequence);
      };

  private final Map<String, Tenant> tenants = new LinkedHashMap<>();
  private long virtualTime;

  private static final class Tenant {
    final TreeSet<Entry> waiting = new TreeSet<>(ORDER);
    long served;
  }

  void add(Entry entry) {
    Tenant tenant = tenants.computeIfAbsent(entry.demand.tenant(), name -> new Tenant());
    tenant.served = tenant.waiting.isEmpty() ? Math.max(virtualTime, tenant.served) : tenant.served;
    tenant.waiting.add(entry);
  }

  /** The request that is next, or null. */
  @Nullable Entry head() {
    Tenant best = null;
    for (Tenant tenant : tenants.values()) {
      if (!tenant.waiting.isEmpty() && (best == null || tenant.served < best.served)) {
        best = tenant;
      }
    }
    return best == null ? null : best.waiting.first();
  }

  /** Takes it out because it starts: its work counts against its tenant. */
  void start(Entry entry) {
    Tenant tenant = tenants.get(entry.demand.tenant());
    if (tenant != null) {
      virtualTime = Math.max(virtualTime, tenant.served);
      tenant.served += entry.demand.patches();
      drop(entry, tenant);
    }
  }

  /** Takes it out because nobody wants it any more. */
  void remove(Entry entry) {
    Tenant tenant = tenants.get(entry.demand.tenant());
    if (tenant != null) {
      drop(entry, tenant);
    }
  }

  private void drop(Entry entry, Tenant tenant) {
    tenant.waiting.remove(entry);
    // A tenant ahead of the clock is kept, so that leaving and coming back gains nothing.
    if (tenants.values().stream().allMatch(t -> t.waiting.isEmpty())) {
      tenants.clear();
      virtualTime = 0;
    } else {
      tenants.values().removeIf(t -> t.waiting.isEmpty() && t.served <= virtualTime);
    }
  }

  Stream<Entry> stream() {
    return tenants.values().stream().flatMap(t -> t.waiting.stream());
  }
}
