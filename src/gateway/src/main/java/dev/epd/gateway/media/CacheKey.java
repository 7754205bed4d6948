package dev.epd.gateway.media;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * The name under which an encoder may keep an image's embeddings: SHA-256 over length-prefixed
 * fields, so that no two sets of fields give the same input. The tenant comes first: nobody can
 * learn from a hit what another tenant has sent.
 */
public final class CacheKey {
  private CacheKey() {}

  /** 64 hexadecimal digits. */
  public static String of(
      String tenantSalt, String modelFingerprint, String preprocessor, byte[] file) {
    MessageDigest digest = sha256();
    field(digest, tenantSalt.getBytes(StandardCharsets.UTF_8));
    field(digest, modelFingerprint.getBytes(StandardCharsets.UTF_8));
    field(digest, preprocessor.getBytes(StandardCharsets.UTF_8));
    field(digest, file);
    return HexFormat.of().formatHex(digest.digest());
  }

  private static void field(MessageDigest digest, byte[] value) {
    digest.update(ByteBuffer.allocate(Long.BYTES).putLong(value.length).array());
    digest.update(value);
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
