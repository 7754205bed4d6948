package dev.epd.contract;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * The secret that the pods of one cluster share: whoever holds it may mint tickets and call roles.
 *
 * <p>Each use signs under its own name, so that a signature made for one purpose never passes for
 * another.
 */
public final class ClusterKey {
  /** Bytes of a signature (HMAC-SHA256). */
  static final int SIGNATURE_BYTES = 32;

  private static final int MIN_BYTES = 16;
  private static final int MAX_BYTES = 4096;
  private static final String ALGORITHM = "HmacSHA256";

  private final SecretKeySpec secret;

  private ClusterKey(byte[] secret) {
    this.secret = new SecretKeySpec(secret, ALGORITHM);
  }

  /**
   * @param secret 16 bytes at least, 32 random ones are advised
   * @throws IllegalArgumentException if the secret is too short or too long
   */
  public static ClusterKey of(byte[] secret) {
    if (secret.length < MIN_BYTES || secret.length > MAX_BYTES) {
      throw new IllegalArgumentException(
          "the cluster's signing key has %d bytes; it must have %d to %d (32 random bytes are advised)"
              .formatted(secret.length, MIN_BYTES, MAX_BYTES));
    }
    return new ClusterKey(secret);
  }

  /** Reads the mounted Secret; every byte of the file counts. */
  public static ClusterKey load(Path file) throws IOException {
    if (!Files.isRegularFile(file)) {
      throw new IOException(
          "no signing key at " + file + "; mount the cluster's signing-key Secret there");
    }
    if (Files.size(file) > MAX_BYTES) {
      throw new IOException(file + " is too large for a signing key");
    }
    byte[] secret = Files.readAllBytes(file);
    try {
      return of(secret);
    } catch (IllegalArgumentException e) {
      throw new IOException(file + ": " + e.getMessage(), e);
    }
  }

  /** A key nobody else has, for processes that talk only to themselves. */
  public static ClusterKey random() {
    byte[] secret = new byte[32];
    new SecureRandom().nextBytes(secret);
    return new ClusterKey(secret);
  }

  /** HMAC-SHA256 over purpose, a zero byte and the first {@code length} bytes of the message. */
  byte[] sign(String purpose, byte[] message, int length) {
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
