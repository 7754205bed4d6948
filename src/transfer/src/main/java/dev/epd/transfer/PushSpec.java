package dev.epd.transfer;

import java.util.List;

/**
 * What is about to be pushed.
 *
 * @param requestId must be the ticket's
 * @param fingerprint the model that made it; must be the ticket's
 * @param parts their true shapes: rows may be fewer than reserved
 */
public record PushSpec(String requestId, String fingerprint, List<PartShape> parts) {
  public PushSpec {
    parts = List.copyOf(parts);
    if (parts.isEmpty() || parts.size() > Hello.MAX_PARTS) {
      throw new IllegalArgumentException("a push has 1 to " + Hello.MAX_PARTS + " parts");
    }
    if (parts.stream().map(PartShape::part).distinct().count() != parts.size()) {
      throw new IllegalArgumentException("two parts have the same number");
    }
  }
}
