package dev.epd.planner;

import dev.epd.api.v1alpha1.EPDPoolSpec;
import dev.epd.api.v1alpha1.HuggingFaceSource;
import dev.epd.api.v1alpha1.ImageModelSource;
import dev.epd.api.v1alpha1.Model;
import dev.epd.api.v1alpha1.ModelSource;
import dev.epd.api.v1alpha1.ModelType;
import dev.epd.api.v1alpha1.PvcSource;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/**
 * What must agree on the wire, as eight hex digits: the model's name, source and type in memory,
 * and the version of the contract between roles. Pods of different keys never talk. Replicas,
 * resources, images and the operator's version are no part of it: changing them rolls within a key.
 */
public final class CompatibilityKey {
  /** Version of what roles say to each other; the same number as the contract room's. */
  public static final int CONTRACT_VERSION = 1;

  private CompatibilityKey() {}

  /** The key of a pool: all pools of a cluster have the same. */
  public static String of(EPDPoolSpec pool) {
    return of(pool.model(), pool.runtime().contractVersion());
  }

  /**
   * The key of a model under a contract.
   *
   * @param contract null: the one that this operator's own image speaks
   */
  static String of(Model model, @Nullable String contract) {
    // One line each, name first: no two different inputs give the same text.
    StringBuilder text =
        new StringBuilder()
            .append("contract=")
            .append(contract == null ? Integer.toString(CONTRACT_VERSION) : contract)
            .append("\nmodel=")
            .append(model.name())
            .append("\nsource=")
            .append(source(model.source()))
            .append('\n');
    ModelType type = model.dtype();
    if (type != null) {
      text.append("dtype=").append(type.value()).append('\n');
    }
    return hex8(text.toString());
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
    HuggingFaceSource hub = source.huggingFace();
    if (hub != null) {
      return "hub:" + hub.repo() + "@" + hub.revision();
    }
    return image == null ? "" : "image:" + image.reference() + ":" + path;
  }
}
