package dev.epd.modelspec.safetensors;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.epd.modelspec.ModelSpecException;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SafetensorsTest {
  @TempDir Path dir;

  @Test
  void tensorsAreMappedInPlace() throws IOException {
    Path path = dir.resolve("model.safetensors");
    write(
        path,
        """
        {"__metadata__":{"format":"pt"},
         "b":{"dtype":"I32","shape":[2],"data_offsets":[4,12]},
         "a":{"dtype":"F32","shape":[],"data_offsets":[0,4]},
         "empty":{"dtype":"BF16","shape":[0,7],"data_offsets":[12,12]}}""",
        ByteBuffer.allocate(12)
            .order(ByteOrder.LITTLE_ENDIAN)
            .putFloat(1.5f)
            .putInt(7)
            .putInt(-8)
            .array());
    try (Checkpoint checkpoint = Checkpoint.open(dir)) {
      assertThat(checkpoint.tensors()).containsOnlyKeys("a", "b", "empty");
      TensorView b = checkpoint.tensor("b");
      assertThat(b.dtype()).isEqualTo(DType.I32);
      assertThat(b.shape()).containsExactly(2L);
      assertThat(b.bytes().toArray(ValueLayout.JAVA_INT_UNALIGNED)).containsExactly(7, -8);
      assertThat(b.bytes().isReadOnly()).isTrue();
      assertThat(checkpoint.tensor("a").elements()).isEqualTo(1);
      assertThat(checkpoint.tensor("empty").elements()).isZero();
      SafetensorsFile file = checkpoint.files().getFirst();
      assertThat(file.metadata()).containsEntry("format", "pt");
      assertThat(file.size()).isEqualTo(Files.size(path));
      assertThat(checkpoint.has("c")).isFalse();
      assertThatThrownBy(() -> checkpoint.tensor("c"))
          .isInstanceOf(ModelSpecException.class)
          .hasMessageContaining("no tensor named c");
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,4]}}|needs 8 bytes",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}|describes 4 bytes",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[3],\"data_offsets\":[0,12]}}|cut short",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}}|gap",
        "{\"a\":{\"dtype\":\"F64\",\"shape\":[1],\"data_offsets\":[0,8]}}|dtype F64",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[-2],\"data_offsets\":[0,8]}}|out of range",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[4611686018427387904,4],\"data_offsets\":[0,0]}}|out of range",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[8,0]}}|offsets",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[2]}}|lacks shape or data_offsets",
        "{\"a\":{\"dtype\":\"U8\",\"shape\":[8],\"data_offsets\":[0,8]},\"b\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[4,8]}}|overlap",
        "{\"a\":{\"dtype\":\"U8\",\"shape\":[8],\"data_offsets\":[0,8]},\"a\":{\"dtype\":\"U8\",\"shape\":[8],\"data_offsets\":[0,8]}}|not JSON",
        "[1]|not a JSON object",
        "{]|not JSON",
      })
  void headersThatLieAreRefused(String header, String message) throws IOException {
    Path path = dir.resolve("bad.safetensors");
    write(path, header, new byte[8]);
    assertThatThrownBy(() -> SafetensorsFile.open(path))
        .isInstanceOf(ModelSpecException.class)
        .hasMessageContaining("bad.safetensors")
        .hasMessageContaining(message);
  }

  @Test
  void headerLengthsThatLieAreRefused() throws IOException {
    Path path = dir.resolve("bad.safetensors");
    for (long length : new long[] {-1, Long.MIN_VALUE, 0, 9, 1L << 40}) {
      Files.write(
          path, ByteBuffer.allocate(16).order(ByteOrder.LITTLE_ENDIAN).putLong(length).array());
      assertThatThrownBy(() -> SafetensorsFile.open(path)).isInstanceOf(ModelSpecException.class);
    }
    Files.write(path, new byte[7]);
    assertThatThrownBy(() -> SafetensorsFile.open(path)).isInstanceOf(ModelSpecException.class);
  }

  @Property(tries = 200)
  void noiseNeverEscapesAsAnotherError(@ForAll @Size(max = 80) byte[] noise) throws IOException {
    Path path = Files.createTempFile("noise", ".safetensors");
    try {
      Files.write(path, noise);
      assertThatThrownBy(() -> SafetensorsFile.open(path)).isInstanceOf(ModelSpecException.class);
    } finally {
      Files.delete(path);
    }
  }

  @Test
  void shardsAreReadThroughTheirIndex() throws IOException {
    shard("x-1.safetensors", "a");
    shard("x-2.safetensors", "b");
    index("{\"weight_map\":{\"a\":\"x-1.safetensors\",\"b\":\"x-2.safetensors\"}}");
    try (Checkpoint checkpoint = Checkpoint.open(dir)) {
      assertThat(checkpoint.files()).hasSize(2);
      assertThat(List.copyOf(checkpoint.tensors().keySet())).containsExactly("a", "b");
      assertThat(checkpoint.tensor("b").bytes().get(ValueLayout.JAVA_BYTE, 0))
          .isEqualTo((byte) 'b');
    }
    index("{\"weight_map\":{\"a\":\"x-1.safetensors\",\"b\":\"x-1.safetensors\"}}");
    assertRefused("x-1.safetensors: lacks tensor b");
    index("{\"weight_map\":{\"a\":\"x-2.safetensors\",\"b\":\"x-2.safetensors\"}}");
    assertRefused("lacks tensor a");
    index("{\"weight_map\":{\"a\":\"x-1.safetensors\",\"b\":\"x-3.safetensors\"}}");
    assertRefused("x-3.safetensors: no such file");
    index("{\"weight_map\":{\"a\":\"../x-1.safetensors\"}}");
    assertRefused("not a .safetensors file beside it");
    index("{}");
    assertRefused("has no weight_map");
  }

  private void assertRefused(String message) {
    assertThatThrownBy(() -> Checkpoint.open(dir))
        .isInstanceOf(ModelSpecException.class)
        .hasMessageContaining(message);
  }

  private void index(String json) throws IOException {
    Files.writeString(dir.resolve(Checkpoint.INDEX), json);
  }

  private void shard(String file, String tensor) throws IOException {
    write(
        dir.resolve(file),
        "{\"%s\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]}}".formatted(tensor),
        tensor.getBytes(StandardCharsets.UTF_8));
  }

  private static void write(Path path, String header, byte[] data) throws IOException {
    byte[] json = header.getBytes(StandardCharsets.UTF_8);
    Files.write(
        path,
        ByteBuffer.allocate(8 + json.length + data.length)
            .order(ByteOrder.LITTLE_ENDIAN)
            .putLong(json.length)
            .put(json)
            .put(data)
            .array());
  }
}
