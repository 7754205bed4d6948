package dev.epd.api.v1alpha1;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** Absent lists read as empty. */
final class Lists {
  private Lists() {}

  static <T> List<T> copyOrEmpty(@Nullable List<T> list) {
    return list == null ? List.of() : List.copyOf(list);
  }
}
