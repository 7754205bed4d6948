package dev.epd.contract;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.function.LongSupplier;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * The secret that the pods of one cluster share: whoever holds it may mint tickets and call roles.
 *
 * <p>Each use signs under its own name, so that a signature made for one purpose never passes for
 * another.
 *
 * <p>The secret may be replaced while the pods run. They do not learn of it at the same time, since
 * each node's kubelet brings it when it comes by: a new one is accepted at once and signed with
 * only when the others should have it too, and the one before is accepted for a while longer.
 */
public final class ClusterKey {
  /** Bytes of a signature (HMAC-SHA256). */
  static final int SIGNATURE_BYTES = 32;

  private static final int MIN_BYTES = 16;
  private static final int MAX_BYTES = 4096;
  private static final String ALGORITHM = "HmacSHA256";

  /** Kubelets look at Secrets each minute, through a cache that may be as old. */
  static final Duration KNOWN_TO_ALL = Duration.ofMinutes(3);

  /** The others sign with it for as long as that, and what they signed is good for minutes. */
  static final Duration FORGOTTEN = Duration.ofMinutes(15);

  private final LongSupplier nanos;
  private volatile Secrets secrets;

  /**
   * @param before what there was before, null for nothing
   * @param since when the newest was seen first, by {@code nanos}
   */
  private record Secrets(SecretKeySpec newest, @Nullable SecretKeySpec before, long since) {}

  private ClusterKey(byte[] secret, LongSupplier nanos) {
    this.nanos = nanos;
    this.secrets = new Secrets(spec(secret), null, nanos.getAsLong());
  }

  private static SecretKeySpec spec(byte[] secret) {
    return new SecretKeySpec(secret, ALGORITHM);
  }

  /**
   * @param secret 16 bytes at least, 32 random ones are advised
   * @throws IllegalArgumentException if the secret is too short or too long
   */
  public static ClusterKey of(byte[] secret) {
    return of(secret, System::nanoTime);
  }

  static ClusterKey of(byte[] secret, LongSupplier nanos) {
    check(secret);
    return new ClusterKey(secret, nanos);
  }

  private static void check(byte[] secret) {
    if (secret.length < MIN_BYTES || secret.length > MAX_BYTES) {
      throw new IllegalArgumentException(
          "the cluster's signing key has %d bytes; it must have %d to %d (32 random bytes are advised)"
              .formatted(secret.length, MIN_BYTES, MAX_BYTES));
    }
  }

  /** Reads the mounted Secret; every byte of the file counts. */
  public static ClusterKey load(Path file) throws IOException {
    return new ClusterKey(read(file), System::nanoTime);
  }

  /**
   * Reads the mounted Secret again.
   *
   * @return whether there is another secret than before
   * @throws IOException if there is none that could be one; the old one stays
   */
  public boolean refresh(Path file) throws IOException {
    return replace(read(file));
  }

  synchronized boolean replace(byte[] secret) {
    SecretKeySpec next = spec(secret);
    if (next.equals(secrets.newest())) {
      return false;
    }
    secrets = new Secrets(next, signing(), nanos.getAsLong());
    return true;
  }

  private static byte[] read(Path file) throws IOException {
    if (!Files.isRegularFile(file)) {
      throw new IOException(
          "no signing key at " + file + "; mount the cluster's signing-key Secret there");
    }
    if (Files.size(file) > MAX_BYTES) {
      throw new IOException(file + " is too large for a signing key");
    }
    byte[] secret = Files.readAllBytes(file);
    try {
      check(secret);
      return secret;
    } catch (IllegalArgumentException e) {
      throw new IOException(file + ": " + e.getMessage(), e);
    }
  }

  /** A key nobody else has, for processes that talk only to themselves. */
  public static ClusterKey random() {
    byte[] secret = new byte[32];
    new SecureRandom().nextBytes(secret);
    return of(secret);
  }

  /** HMAC-SHA256 over purpose, a zero byte and the first {@code length} bytes of the message. */
  byte[] sign(String purpose, byte[] message, int length) {
    return sign(signing(), purpose, message, length);
  }

  /** Whether a holder of this key, or of the one before, signed so. Takes no longer if not. */
  boolean isSignature(byte[] found, String purpose, byte[] message, int length) {
    Secrets now = secrets;
    boolean isNewest = MessageDigest.isEqual(sign(now.newest(), purpose, message, length), found);
    SecretKeySpec before = age(now) < FORGOTTEN.toNanos() ? now.before() : null;
    return before == null
        ? isNewest
        : isNewest | MessageDigest.isEqual(sign(before, purpose, message, length), found);
  }

  private SecretKeySpec signing() {
    Secrets now = secrets;
    SecretKeySpec before = now.before();
    return before != null && age(now) < KNOWN_TO_ALL.toNanos() ? before : now.newest();
  }

  private long age(Secrets now) {
    return nanos.getAsLong() - now.since();
  }

  private static byte[] sign(SecretKeySpec secret, String purpose, byte[] message, int length) {
    try {
      Mac mac = Mac.getInstance(ALGORITHM);
      mac.init(secret);
      mac.update(purpose.getBytes(StandardCharsets.UTF_8));
      mac.update((byte) 0);
      mac.update(message, 0, length);
      return mac.doFinal();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("this JVM lacks HmacSHA256", e);
    }
  }

  /** Never shows the secret. */
  @Override
  public String toString() {
    return "ClusterKey";
  }
}
