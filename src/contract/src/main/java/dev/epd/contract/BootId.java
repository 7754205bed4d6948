package dev.epd.contract;

import java.util.UUID;

/**
 * One life of a process. A changed value at the same address means that every reservation made
 * there before is gone.
 */
public record BootId(String value) {
  public BootId {
    if (value.isBlank() || value.length() > 64) {
      throw new IllegalArgumentException("a boot id has 1 to 64 characters");
    }
  }

  public static BootId create() {
    return new BootId(UUID.randomUUID().toString());
  }
}
