package dev.epd.modelspec;

import dev.epd.modelspec.InvalidInputException.Reason;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/**
 * Marks users' text on its way through a chat template, so that afterwards a special token can only
 * be found where the template itself wrote it. Each character that begins or ends an added token is
 * exchanged for a stand-in that occurs in no text of the request: a token can then neither begin
 * nor end inside users' text, whatever the template does with it (trims it, joins two pieces,
 * writes its own text around it). Length and all other characters stay as they are.
 */
final class UntrustedText {
  private final Map<Character, Character> standIns = new HashMap<>();
  private final Map<Character, Character> originals = new HashMap<>();

  /**
   * @param addedTokens spellings of the tokenizer's added tokens
   * @param texts all users' text of the request
   */
  UntrustedText(Iterable<String> addedTokens, List<String> texts) {
    BitSet used = new BitSet(1 << 16);
    texts.forEach(text -> text.chars().forEach(used::set));
    TreeSet<Character> telling = new TreeSet<>();
    for (String token : addedTokens) {
      telling.add(token.charAt(0));
      telling.add(token.charAt(token.length() - 1));
    }
    // First the noncharacters, which exist for uses like this one, then the private-use area.
    int candidate = 0xFDD0;
    for (char c : telling) {
      while (used.get(candidate)) {
        candidate = next(candidate);
      }
      standIns.put(c, (char) candidate);
      originals.put((char) candidate, c);
      candidate = next(candidate);
    }
  }

  private static int next(int candidate) {
    if (candidate == 0xFDEF) {
      return 0xE000;
    }
    if (candidate == 0xF8FF) {
      throw new InvalidInputException(
          Reason.MESSAGES, "the text uses every private-use character; remove some of them");
    }
    return candidate + 1;
  }

  /** The text as the template gets it. */
  String mark(String text) {
    return replace(text, standIns);
  }

  /** The text as the user wrote it. */
  String restore(String text) {
    return replace(text, originals);
  }

  private static String replace(String text, Map<Character, Character> by) {
    StringBuilder out = new StringBuilder(text.length());
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      out.append((char) by.getOrDefault(c, c));
    }
    return out.toString();
  }
}
