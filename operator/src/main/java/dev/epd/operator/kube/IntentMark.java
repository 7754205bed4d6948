package dev.epd.operator.kube;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.fabric8.kubernetes.api.model.HasMetadata;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * An annotation that tells two intents apart. The API server adds defaults inside lists that have
 * one owner as a whole, so the live object alone does not show that an item has lost a field since
 * it was applied: both a default and a field that was taken away are there and not in the intent.
 */
final class IntentMark {
  static final String ANNOTATION = "epd.dev/intent";

  private static final int BYTES = 8;
  private static final ObjectMapper JSON =
      JsonMapper.builder().enable(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS).build();

  private IntentMark() {}

  /** Writes the intent's own hash into it. */
  static void set(HasMetadata intent) {
    @Nullable Map<String, String> given = intent.getMetadata().getAnnotations();
    Map<String, String> annotations = given == null ? new HashMap<>() : new HashMap<>(given);
    annotations.remove(ANNOTATION);
    intent.getMetadata().setAnnotations(annotations);
    annotations.put(ANNOTATION, hash(intent));
    intent.getMetadata().setAnnotations(annotations);
  }

  /** What {@link #set} has written. */
  static @Nullable String of(HasMetadata intent) {
    return intent.getMetadata().getAnnotations().get(ANNOTATION);
  }

  private static String hash(HasMetadata intent) {
    try {
      // As a map, whose keys are sorted: a bean's maps may come in any order.
      String sorted = JSON.writeValueAsString(JSON.convertValue(intent, Map.class));
      byte[] hash =
          MessageDigest.getInstance("SHA-256").digest(sorted.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(hash, 0, BYTES);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("an intent is JSON", e);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }
}
