package dev.epd.systemtest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.epd.contract.ContractVersion;
import dev.epd.planner.CompatibilityKey;
import org.junit.jupiter.api.Test;

/** The planner does not see the contract, yet names pools by its version. */
class ContractVersionTest {
  @Test
  void thePlannerKeepsPodsOfDifferentContractsApart() {
    assertThat(CompatibilityKey.CONTRACT_VERSION).isEqualTo(ContractVersion.CURRENT);
  }
}
