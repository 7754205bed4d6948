package dev.epd.runtime.roles;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.epd.contract.ClusterKey;
import dev.epd.contract.ErrorKind;
import dev.epd.contract.RoleException;
import dev.epd.contract.Ticket;
import dev.epd.contract.TicketSigner;
import dev.epd.contract.TicketVerifier;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class FailuresTest {
  private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");
  private static final ClusterKey KEY = ClusterKey.random();

  private final TicketSigner signer = new TicketSigner(KEY);
  private final TicketVerifier verifier = new TicketVerifier(KEY, () -> NOW);

  /** Pods of another compatibility key have another fingerprint, under the same cluster's key. */
  @Test
  void aTicketForAnotherModelIsRefusedThoughItIsGenuine() throws Exception {
    byte[] ticket =
        signer.sign(
            Ticket.forKv("r", 1, "10.0.0.1", 7071, "model-1", "request", NOW.plusSeconds(60)));

    assertThat(Failures.requireTicket(verifier, ticket, Ticket.Kind.KV, "request", "model-1"))
        .extracting(Ticket::modelFingerprint)
        .isEqualTo("model-1");
    assertThatThrownBy(
            () -> Failures.requireTicket(verifier, ticket, Ticket.Kind.KV, "request", "model-2"))
        .isInstanceOfSatisfying(
            RoleException.class,
            refused -> {
              assertThat(refused.kind()).isEqualTo(ErrorKind.MODEL_MISMATCH);
              assertThat(refused.getMessage()).contains("model-1", "model-2");
            });
  }
}
