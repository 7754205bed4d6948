package dev.epd.modelspec;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;

/**
 * The alphabet of byte-level BPE (GPT-2): each byte is written as one printable character. Bytes
 * that are printable in Latin-1 stand for themselves, the others for U+0100 onward.
 */
final class ByteAlphabet {
  private static final Map<Character, Byte> BYTE_OF = byteOf();

  private ByteAlphabet() {}

  private static Map<Character, Byte> byteOf() {
    Map<Character, Byte> map = new HashMap<>();
    int next = 0x100;
    for (int b = 0; b < 256; b++) {
      boolean itself = (b >= '!' && b <= '~') || (b >= 0xA1 && b <= 0xAC) || b >= 0xAE;
      map.put((char) (itself ? b : next++), (byte) b);
    }
    return Map.copyOf(map);
  }

  /** The bytes of every id of a tokenizer.json; none where ids are skipped. */
  static byte[][] table(JsonFile file, Map<String, Integer> added) {
    JsonNode vocab = file.node().path("model").path("vocab");
    int last = -1;
    for (JsonNode id : vocab) {
      if (!id.isInt() || id.asInt() < 0) {
        throw new ModelSpecException(file.path(), "model.vocab has an entry without an id");
      }
      last = Math.max(last, id.asInt());
    }
    if (last < 0) {
      throw new ModelSpecException(file.path(), "has no model.vocab");
    }
    for (int id : added.values()) {
      last = Math.max(last, id);
    }
    // An absurd id would otherwise become an absurd allocation.
    if (last > 4 * (vocab.size() + added.size())) {
      throw new ModelSpecException(file.path(), "ids go up to " + last + ", far beyond its tokens");
    }
    byte[][] table = new byte[last + 1][0];
    for (Map.Entry<String, JsonNode> entry : vocab.properties()) {
      table[entry.getValue().asInt()] = decode(entry.getKey());
    }
    added.forEach((token, id) -> table[id] = token.getBytes(StandardCharsets.UTF_8));
    return table;
  }

  /**
   * A token with a character outside the alphabet stands for its own UTF-8, as in the reference
   * decoder.
   */
  private static byte[] decode(String token) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(token.length());
    for (int i = 0; i < token.length(); i++) {
      Byte b = BYTE_OF.get(token.charAt(i));
      if (b == null) {
        return token.getBytes(StandardCharsets.UTF_8);
      }
      bytes.write(b);
    }
    return bytes.toByteArray();
  }
}
