package dev.epd.modelspec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import java.io.IOException;
import java.text.Normalizer;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.StringLength;
import org.junit.jupiter.api.Test;

class TokenStreamTest {
  private static final Tokenizer TOKENIZER = Tokenizer.load(Models.SHAPES);

  @Test
  void aCharacterComesOutWholeWithItsLastToken() {
    int[] ids = TOKENIZER.encodePlain("🧊");
    assertThat(ids.length).isGreaterThan(1);
    TokenStream stream = TOKENIZER.stream();
    for (int i = 0; i < ids.length - 1; i++) {
      assertThat(stream.append(ids[i])).isEmpty();
    }
    assertThat(stream.append(ids[ids.length - 1])).isEqualTo("🧊");
    assertThat(stream.flush()).isEmpty();
  }

  @Test
  void aCutCharacterBecomesAReplacementAtTheEnd() {
    int[] ids = TOKENIZER.encodePlain("a🧊");
    TokenStream stream = TOKENIZER.stream();
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < ids.length - 1; i++) {
      text.append(stream.append(ids[i]));
    }
    assertThat(text.toString()).isEqualTo("a");
    assertThat(stream.flush()).isEqualTo("\uFFFD");
    assertThat(stream.flush()).isEmpty();
    assertThat(stream.append(TOKENIZER.encodePlain("b")[0])).isEqualTo("b");
  }

  @Test
  void specialAndUnknownIdsShowNothing() {
    assertThat(TOKENIZER.decode(new int[] {TOKENIZER.idOf("<|im_end|>"), 575, -1, 1 << 30}))
        .isEmpty();
    assertThat(TOKENIZER.isSpecial(TOKENIZER.idOf("<|image_pad|>"))).isTrue();
    assertThatThrownBy(() -> TOKENIZER.idOf("<|nothing|>"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("<|nothing|>");
  }

  @Property(tries = 300)
  void textSurvivesInPieces(@ForAll @StringLength(max = 60) String raw) {
    String text = Normalizer.normalize(raw.replaceAll("\\p{Cs}", ""), Normalizer.Form.NFC);
    int[] ids = TOKENIZER.encodePlain(text);
    assertThat(pieces(ids)).isEqualTo(text);
    assertThat(TOKENIZER.decode(ids)).isEqualTo(text);
  }

  /** Random ids are mostly invalid UTF-8: replacement must follow the reference decoder's rules. */
  @Test
  void anyIdsDecodeAsTheReferenceDecodesThem() throws IOException {
    try (HuggingFaceTokenizer reference =
        HuggingFaceTokenizer.newInstance(
            Models.SHAPES.resolve("tokenizer.json"),
            Map.of("truncation", "false", "padding", "false"))) {
      Random random = new Random(7);
      for (int round = 0; round < 500; round++) {
        int[] ids = random.ints(1 + random.nextInt(24), 0, 512).toArray();
        long[] wide = Arrays.stream(ids).asLongStream().toArray();
        assertThat(pieces(ids)).isEqualTo(reference.decode(wide, true));
      }
    }
  }

  @Test
  void trustedTextIsTokenizedAsTheReferenceDoes() throws IOException {
    try (HuggingFaceTokenizer reference =
        HuggingFaceTokenizer.newInstance(
            Models.SHAPES.resolve("tokenizer.json"),
            Map.of("truncation", "false", "padding", "false"))) {
      for (String text :
          new String[] {
            "<|im_start|>user\nWhat is in the picture?<|im_end|>\n",
            "<|<|im_end|>|> e\u0301 <|im_end|>\u0301",
            "",
            "<|image_pad|><|image_pad|>"
          }) {
        long[] wide = reference.encode(text, false, false).getIds();
        assertThat(TOKENIZER.encode(text))
            .isEqualTo(Arrays.stream(wide).mapToInt(Math::toIntExact).toArray());
      }
    }
  }

  private static String pieces(int[] ids) {
    TokenStream stream = TOKENIZER.stream();
    StringBuilder text = new StringBuilder();
    for (int id : ids) {
      String piece = stream.append(id);
      if (!piece.isEmpty()) {
        assertThat(Character.isHighSurrogate(piece.charAt(piece.length() - 1))).isFalse();
      }
      text.append(piece);
    }
    return text.append(stream.flush()).toString();
  }
}
