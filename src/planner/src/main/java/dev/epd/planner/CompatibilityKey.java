package dev.epd.planner;

import dev.epd.api.v1alpha1.ImageModelSource;
import dev.epd.api.v1alpha1.Model;
import dev.epd.api.v1alpha1.ModelSource;
import dev.epd.api.v1alpha1.PvcSource;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * What must agree on the wire, as eight hex digits: the model's name and source and the version of
 * the contract between roles. Pods of different keys never talk. Replicas, resources, images and
 * the operator's version are no part of it: changing them rolls within a key.
 */
public final class CompatibilityKey {
  /** Version of what roles say to each other; the same number as the contract room's. */
  public static final int CONTRACT_VERSION = 1;

  private CompatibilityKey() {}

  public static String of(Model model) {
    String source = source(model.source());
    // One line each, name first: no two different inputs give the same text.
    String text =
        "contract=" + CONTRACT_VERSION + "\nmodel=" + model.name() + "\nsource=" + source + "\n";
    return hex8(text);
  }

  /** The first eight hex digits of the text's SHA-256. */
  static String hex8(String text) {
    try {
      byte[] hash =
          MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(hash, 0, 4);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }

  private static String source(ModelSource source) {
    PvcSource pvc = source.pvc();
    ImageModelSource image = source.image();
    String path = source.path() == null ? "" : source.path();
    if (pvc != null) {
      return "pvc:" + pvc.claimName() + ":" + path;
    }
    return image == null ? "" : "image:" + image.reference() + ":" + path;
  }
}
