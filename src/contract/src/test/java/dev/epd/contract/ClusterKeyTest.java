package dev.epd.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ClusterKeyTest {
  private static final byte[] OLD = "the old secret, long enough".getBytes(StandardCharsets.UTF_8);
  private static final byte[] NEW = "the new secret, long enough".getBytes(StandardCharsets.UTF_8);
  private static final byte[] MESSAGE = {1, 2, 3};

  private final AtomicLong nanos = new AtomicLong();
  private final ClusterKey key = ClusterKey.of(OLD, nanos::get);

  private boolean accepts(byte[] secret) {
    byte[] signature = ClusterKey.of(secret).sign("test", MESSAGE, MESSAGE.length);
    return key.isSignature(signature, "test", MESSAGE, MESSAGE.length);
  }

  private boolean signsWith(byte[] secret) {
    byte[] signature = key.sign("test", MESSAGE, MESSAGE.length);
    return ClusterKey.of(secret).isSignature(signature, "test", MESSAGE, MESSAGE.length);
  }

  private void pass(Duration time) {
    nanos.addAndGet(time.toNanos());
  }

  @Test
  void aNewSecretIsAcceptedAtOnceAndSignedWithWhenAllHaveIt() {
    assertThat(accepts(NEW)).isFalse();
    pass(Duration.ofHours(1));

    assertThat(key.replace(NEW)).isTrue();
    assertThat(accepts(NEW)).isTrue();
    assertThat(accepts(OLD)).isTrue();
    assertThat(signsWith(OLD)).isTrue();

    pass(ClusterKey.KNOWN_TO_ALL);
    assertThat(signsWith(NEW)).isTrue();
    assertThat(accepts(OLD)).as("of pods that saw it later").isTrue();

    pass(ClusterKey.FORGOTTEN);
    assertThat(accepts(OLD)).isFalse();
    assertThat(accepts(NEW)).isTrue();
  }

  @Test
  void theSameSecretAgainIsNothingNew() {
    assertThat(key.replace(NEW)).isTrue();
    pass(Duration.ofMinutes(1));
    assertThat(key.replace(NEW)).isFalse();
    pass(ClusterKey.KNOWN_TO_ALL.minusMinutes(1));
    assertThat(signsWith(NEW)).isTrue();
  }

  /** Nobody signs with one that nobody knew for long. */
  @Test
  void oneThatIsReplacedBeforeItWasUsedLeavesTheOldOne() {
    key.replace(NEW);
    key.replace("a third secret, long enough".getBytes(StandardCharsets.UTF_8));
    assertThat(signsWith(OLD)).isTrue();
    assertThat(accepts(OLD)).isTrue();
  }

  @Test
  void aFileThatIsNoKeyLeavesTheOldOne(@TempDir Path folder) throws IOException {
    Path file = Files.write(folder.resolve("key"), OLD);
    ClusterKey loaded = ClusterKey.load(file);
    assertThat(loaded.refresh(file)).isFalse();
    Files.writeString(file, "short");
    assertThatThrownBy(() -> loaded.refresh(file)).hasMessageContaining("has 5 bytes");
    byte[] signature = ClusterKey.of(OLD).sign("test", MESSAGE, MESSAGE.length);
    assertThat(loaded.isSignature(signature, "test", MESSAGE, MESSAGE.length)).isTrue();
    Files.write(file, NEW);
    assertThat(loaded.refresh(file)).isTrue();
  }
}
