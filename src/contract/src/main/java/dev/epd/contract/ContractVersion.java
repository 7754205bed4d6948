package dev.epd.contract;

/** The version of everything roles say to each other; roles of different versions must not talk. */
public final class ContractVersion {
  /** Reported by {@code Node.Describe} as {@code contract_version}. */
  public static final int CURRENT = 1;

  private ContractVersion() {}
}
