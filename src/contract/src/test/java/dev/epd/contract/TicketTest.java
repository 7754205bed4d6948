package dev.epd.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Arrays;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import net.jqwik.api.constraints.NotEmpty;
import net.jqwik.api.constraints.Size;
import net.jqwik.api.constraints.StringLength;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TicketTest {
  private static final Instant NOW = Instant.parse("2026-11-01T10:00:00Z");
  private static final ClusterKey KEY = ClusterKey.of("0123456789abcdef".getBytes());
  private static final TicketSigner SIGNER = new TicketSigner(KEY);
  private static final TicketVerifier VERIFIER = new TicketVerifier(KEY, () -> NOW);

  private static Ticket ticket() {
    return Ticket.forImage("res-1", 2, 3, "10.0.0.7", 7071, "fp", "req-1", NOW.plusSeconds(30));
  }

  private static TicketException.Reason refusal(byte[] bytes) {
    return catchThrowableOfType(TicketException.class, () -> VERIFIER.verify(bytes)).reason();
  }

  @Property
  void roundTrip(
      @ForAll Ticket.Kind kind,
      @ForAll @NotEmpty @StringLength(max = 60) String reservation,
      @ForAll @IntRange(min = -1) int part,
      @ForAll @LongRange(min = 0) long epoch,
      @ForAll @IntRange(min = 1, max = 65535) int port,
      @ForAll @StringLength(max = 60) String tenant,
      @ForAll @LongRange(min = 1, max = 1_000_000_000L) long millis)
      throws Exception {
    // A lone surrogate is not text; UTF-8 has no form for it.
    if (!java.nio.charset.StandardCharsets.UTF_8.newEncoder().canEncode(reservation + tenant)) {
      return;
    }
    Ticket ticket =
        new Ticket(
            kind,
            reservation,
            part,
            epoch,
            "host",
            port,
            "fp",
            "request",
            tenant,
            NOW.plusMillis(millis));
    assertThat(VERIFIER.verify(SIGNER.sign(ticket), kind)).isEqualTo(ticket);
  }

  @Test
  void everyChangedBitAndEveryCutIsRefused() {
    byte[] good = SIGNER.sign(ticket());
    for (int bit = 0; bit < good.length * 8; bit++) {
      byte[] changed = good.clone();
      changed[bit / 8] ^= (byte) (1 << (bit % 8));
      assertThat(refusal(changed)).isEqualTo(TicketException.Reason.BAD_SIGNATURE);
    }
    for (int length = 0; length < good.length; length++) {
      assertThat(refusal(Arrays.copyOf(good, length)))
          .isIn(TicketException.Reason.BAD_SIGNATURE, TicketException.Reason.MALFORMED);
    }
    assertThat(refusal(Arrays.copyOf(good, good.length + 1)))
        .isEqualTo(TicketException.Reason.BAD_SIGNATURE);
  }

  @Property
  void randomBytesAreRefused(@ForAll @Size(max = 3000) byte[] bytes) {
    assertThat(refusal(bytes))
        .isIn(TicketException.Reason.BAD_SIGNATURE, TicketException.Reason.MALFORMED);
  }

  @Property
  void signedNonsenseIsMalformed(@ForAll @Size(min = 32, max = 400) byte[] bytes) {
    int signed = bytes.length - 32;
    System.arraycopy(KEY.sign("epd-ticket", bytes, signed), 0, bytes, signed, 32);
    assertThat(refusal(bytes)).isEqualTo(TicketException.Reason.MALFORMED);
  }

  @Test
  void expiredWrongKindAndForeignKeyAreRefused() {
    Ticket late = Ticket.forKv("res", 0, "h", 1, "fp", "req", NOW);
    assertThat(refusal(SIGNER.sign(late))).isEqualTo(TicketException.Reason.EXPIRED);
    assertThat(
            catchThrowableOfType(
                    TicketException.class,
                    () -> VERIFIER.verify(SIGNER.sign(ticket()), Ticket.Kind.KV))
                .reason())
        .isEqualTo(TicketException.Reason.WRONG_KIND);
    assertThat(refusal(new TicketSigner(ClusterKey.random()).sign(ticket())))
        .isEqualTo(TicketException.Reason.BAD_SIGNATURE);
  }

  @Test
  void fieldsHaveBounds() {
    assertThatThrownBy(() -> Ticket.forKv("", 0, "h", 1, "fp", "req", NOW))
        .hasMessageContaining("reservationId");
    assertThatThrownBy(() -> Ticket.forKv("é".repeat(129), 0, "h", 1, "fp", "req", NOW))
        .hasMessageContaining("longer than 256");
    assertThatThrownBy(() -> Ticket.forKv("r", -1, "h", 1, "fp", "req", NOW))
        .hasMessageContaining("epoch");
    assertThatThrownBy(() -> Ticket.forKv("r", 0, "h", 0, "fp", "req", NOW))
        .hasMessageContaining("port");
  }

  @Test
  void keysComeFromFilesAndAreNeverShown(@TempDir Path folder) throws Exception {
    Path file = folder.resolve("key");
    assertThatThrownBy(() -> ClusterKey.load(file))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("mount");
    Files.writeString(file, "short");
    assertThatThrownBy(() -> ClusterKey.load(file)).hasMessageContaining("5 bytes");
    Files.writeString(file, "0123456789abcdef");
    assertThat(new TicketVerifier(ClusterKey.load(file), () -> NOW).verify(SIGNER.sign(ticket())))
        .isEqualTo(ticket());
    assertThat(KEY.toString()).doesNotContain("0123");
  }
}
