package dev.epd.contract;

/** What a pod does. */
public enum Role {
  GATEWAY("gateway"),
  ENCODER("encoder"),
  PREFILL("prefill"),
  DECODE("decode");

  private final String wireName;

  Role(String wireName) {
    this.wireName = wireName;
  }

  /** The name in flags, labels, {@code NodeDescription.role} and call tokens. */
  public String wireName() {
    return wireName;
  }

  /**
   * @throws IllegalArgumentException naming the accepted values
   */
  public static Role of(String wireName) {
    for (Role role : values()) {
      if (role.wireName.equals(wireName)) {
        return role;
      }
    }
    throw new IllegalArgumentException(
        "unknown role '" + wireName + "'; use gateway, encoder, prefill or decode");
  }
}
