package dev.epd.modelspec.safetensors;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.epd.modelspec.ModelSpecException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One safetensors file, mapped into memory: 8 bytes little-endian header length, a JSON header,
 * then the tensors' bytes (format of huggingface/safetensors). Everything the header claims is
 * checked against the file before a byte of it is handed out: sizes match dtype and shape, ranges
 * lie inside the file and cover it without overlap or gap.
 */
public final class SafetensorsFile implements AutoCloseable {
  /** The reference implementation's bound on the header. */
  private static final long MAX_HEADER_BYTES = 100_000_000;

  private static final ValueLayout.OfLong LITTLE_ENDIAN_LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final JsonMapper JSON =
      JsonMapper.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build();

  private final Path path;
  private final Arena arena;
  private final MemorySegment header;
  private final Map<String, TensorView> tensors;
  private final Map<String, String> metadata;

  private SafetensorsFile(
      Path path,
      Arena arena,
      MemorySegment header,
      Map<String, TensorView> tensors,
      Map<String, String> metadata) {
    this.path = path;
    this.arena = arena;
    this.header = header;
    this.tensors = Collections.unmodifiableMap(tensors);
    this.metadata = Map.copyOf(metadata);
  }

  /**
   * Maps the file.
   *
   * @throws ModelSpecException if it is missing, cut short or inconsistent
   */
  public static SafetensorsFile open(Path path) {
    if (!Files.isRegularFile(path)) {
      throw new ModelSpecException(path, "no such file");
    }
    Arena arena = Arena.ofShared();
    boolean ready = false;
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
      MemorySegment file = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena);
      SafetensorsFile result = parse(path, arena, file);
      ready = true;
      return result;
    } catch (IOException e) {
      throw new ModelSpecException(path, "cannot be read: " + e.getMessage(), e);
    } finally {
      if (!ready) {
        arena.close();
      }
    }
  }

  private static SafetensorsFile parse(Path path, Arena arena, MemorySegment file) {
    if (file.byteSize() < 8) {
      throw new ModelSpecException(path, "is shorter than a safetensors header; copy it again");
    }
    long length = file.get(LITTLE_ENDIAN_LONG, 0);
    if (length < 2 || length > MAX_HEADER_BYTES || length > file.byteSize() - 8) {
      throw new ModelSpecException(
          path,
          "claims a header of %s bytes in a file of %d; it is cut short or not safetensors"
              .formatted(Long.toUnsignedString(length), file.byteSize()));
    }
    MemorySegment header = file.asSlice(8, length);
    MemorySegment data = file.asSlice(8 + length);
    JsonNode json;
    try {
      json = JSON.readTree(header.toArray(ValueLayout.JAVA_BYTE));
    } catch (JsonProcessingException e) {
      throw new ModelSpecException(path, "its header is not JSON: " + e.getOriginalMessage(), e);
    } catch (IOException e) {
      throw new ModelSpecException(path, "its header cannot be read: " + e.getMessage(), e);
    }
    if (!json.isObject()) {
      throw new ModelSpecException(path, "its header is not a JSON object");
    }
    List<Entry> entries = new ArrayList<>();
    Map<String, String> metadata = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> field : json.properties()) {
      if (field.getKey().equals("__metadata__")) {
        field.getValue().properties().forEach(m -> metadata.put(m.getKey(), m.getValue().asText()));
      } else {
        entries.add(entry(path, field.getKey(), field.getValue()));
      }
    }
    checkLayout(path, entries, data.byteSize());
    Map<String, TensorView> tensors = new LinkedHashMap<>();
    for (Entry e : entries) {
      MemorySegment bytes = data.asSlice(e.begin, e.end - e.begin).asReadOnly();
      tensors.put(e.name, new TensorView(e.name, e.dtype, e.shape, bytes));
    }
    return new SafetensorsFile(path, arena, header.asReadOnly(), tensors, metadata);
  }

  private record Entry(String name, DType dtype, List<Long> shape, long begin, long end) {}

  private static Entry entry(Path path, String name, JsonNode json) {
    String type = json.path("dtype").asText();
    DType dtype =
        DType.ofHeaderName(type)
            .orElseThrow(
                () ->
                    new ModelSpecException(
                        path,
                        "tensor %s has dtype %s; supported are %s"
                            .formatted(name, type, List.of(DType.values()))));
    JsonNode offsets = json.path("data_offsets");
    if (!json.path("shape").isArray() || !offsets.isArray() || offsets.size() != 2) {
      throw new ModelSpecException(path, "tensor " + name + " lacks shape or data_offsets");
    }
    List<Long> shape = new ArrayList<>();
    long bytes = dtype.bytes();
    try {
      for (JsonNode side : json.path("shape")) {
        shape.add(natural(side));
        bytes = Math.multiplyExact(bytes, natural(side));
      }
      long begin = natural(offsets.get(0));
      long end = natural(offsets.get(1));
      if (end < begin || end - begin != bytes) {
        throw new ModelSpecException(
            path,
            "tensor %s of %s %s needs %d bytes but its offsets are %d to %d"
                .formatted(name, dtype, shape, bytes, begin, end));
      }
      return new Entry(name, dtype, shape, begin, end);
    } catch (ArithmeticException e) {
      throw new ModelSpecException(
          path, "tensor " + name + " has a shape or offsets that are out of range", e);
    }
  }

  private static long natural(@Nullable JsonNode node) {
    if (node == null || !node.isIntegralNumber() || !node.canConvertToLong() || node.asLong() < 0) {
      throw new ArithmeticException("not a size: " + node);
    }
    return node.asLong();
  }

  /**
   * The tensors must tile the data exactly, as the format demands: no overlap, no gap, nothing left
   * over.
   */
  private static void checkLayout(Path path, List<Entry> entries, long size) {
    List<Entry> sorted = new ArrayList<>(entries);
    sorted.sort(Comparator.comparingLong(Entry::begin).thenComparingLong(Entry::end));
    long at = 0;
    for (Entry e : sorted) {
      if (e.begin != at) {
        throw new ModelSpecException(
            path,
            "tensor %s begins at %d but the one before ends at %d: overlap or gap"
                .formatted(e.name, e.begin, at));
      }
      at = e.end;
    }
    if (at != size) {
      throw new ModelSpecException(
          path,
          "the header describes %d bytes of tensors but the file holds %d; it is cut short or damaged, copy it again"
              .formatted(at, size));
    }
  }

  public Path path() {
    return path;
  }

  /** Length of the whole file in bytes. */
  public long size() {
    return tensors.values().stream().mapToLong(t -> t.bytes().byteSize()).sum()
        + header.byteSize()
        + 8;
  }

  /** The header's JSON text as it stands in the file. */
  public MemorySegment header() {
    return header;
  }

  /** All tensors by name, in the header's order. */
  public Map<String, TensorView> tensors() {
    return tensors;
  }

  /**
   * The tensor of that name.
   *
   * @throws ModelSpecException if there is no such tensor
   */
  public TensorView tensor(String name) {
    TensorView view = tensors.get(name);
    if (view == null) {
      throw new ModelSpecException(path, "has no tensor named " + name);
    }
    return view;
  }

  /** The free-form {@code __metadata__} of the header. */
  public Map<String, String> metadata() {
    return metadata;
  }

  /** Unmaps the file. Views must not be read any more. */
  @Override
  public void close() {
    arena.close();
  }
}
