package dev.epd.transfer;

import java.lang.foreign.MemorySegment;

/**
 * Where one part goes.
 *
 * @param capacity the largest tensor that may come: a push declares its own rows, up to these
 * @param destination at least that many bytes, usable from any thread (a shared or automatic arena)
 *     until the reservation is released; sockets write straight into it
 */
public record PartSpec(PartShape capacity, MemorySegment destination) {
  public PartSpec {
    if (destination.byteSize() < capacity.bytes()) {
      throw new IllegalArgumentException(
          "part %d needs %d bytes, its destination has %d"
              .formatted(capacity.part(), capacity.bytes(), destination.byteSize()));
    }
    if (!destination.isAccessibleBy(new Thread())) {
      throw new IllegalArgumentException(
          "part %d lies in a confined arena; use a shared or automatic one"
              .formatted(capacity.part()));
    }
    if (destination.isReadOnly()) {
      throw new IllegalArgumentException("part " + capacity.part() + " is read only");
    }
  }
}
