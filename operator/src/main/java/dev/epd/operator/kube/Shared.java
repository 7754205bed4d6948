package dev.epd.operator.kube;

import java.lang.ref.WeakReference;
import java.util.Map;
import java.util.WeakHashMap;

/**
 * Equal values held once, for as long as somebody holds them.
 *
 * @param <T> values that cannot be changed and are told apart by {@code equals}
 */
final class Shared<T> {
  private final Map<T, WeakReference<T>> known = new WeakHashMap<>();

  /** The one that is known and equal, or this one, which is known then. */
  synchronized T of(T value) {
    WeakReference<T> reference = known.get(value);
    T kept = reference == null ? null : reference.get();
    if (kept != null) {
      return kept;
    }
    known.put(value, new WeakReference<>(value));
    return value;
  }
}
