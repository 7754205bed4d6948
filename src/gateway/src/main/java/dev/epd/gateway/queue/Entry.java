package dev.epd.gateway.queue;

import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A request in the dispatcher. Its fields are guarded by the dispatcher's lock. */
public final class Entry {
  final Demand demand;
  final Grants grants;

  /** Order of arrival; kept when the request has to wait again. */
  final long sequence;

  final long arrivedNanos;
  final List<ImageState> images = new ArrayList<>();

  boolean started;
  boolean closed;
  @Nullable Worker prefill;
  @Nullable Worker decode;

  Entry(Demand demand, Grants grants, long sequence, long arrivedNanos) {
    this.demand = demand;
    this.grants = grants;
    this.sequence = sequence;
    this.arrivedNanos = arrivedNanos;
    for (Demand.Picture picture : demand.images()) {
      images.add(new ImageState(picture));
    }
  }

  /** Where an image stands: waiting, at a worker, or neither (done, or put off). */
  static final class ImageState {
    final Demand.Picture picture;
    final Set<Worker> failed = Collections.newSetFromMap(new IdentityHashMap<>());
    boolean waiting;

    /** Whether an encoder had its embeddings already. */
    boolean wasCached;

    @Nullable Worker at;

    ImageState(Demand.Picture picture) {
      this.picture = picture;
    }
  }
}
