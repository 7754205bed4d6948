package dev.epd.modelspec.safetensors;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.epd.modelspec.ModelSpecException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * The weights of a checkpoint directory, mapped: {@code model.safetensors}, or the shards that
 * {@code model.safetensors.index.json} names.
 */
public final class Checkpoint implements AutoCloseable {
  public static final String SINGLE = "model.safetensors";
  public static final String INDEX = "model.safetensors.index.json";

  private final Path directory;
  private final List<SafetensorsFile> files;
  private final Map<String, TensorView> tensors;

  private Checkpoint(Path directory, List<SafetensorsFile> files, Map<String, TensorView> tensors) {
    this.directory = directory;
    this.files = List.copyOf(files);
    this.tensors = Collections.unmodifiableMap(tensors);
  }

  /**
   * Maps all weight files of the directory. Costs address space only; pages are read when they are
   * touched.
   *
   * @throws ModelSpecException if a file is missing or inconsistent
   */
  public static Checkpoint open(Path directory) {
    Path index = directory.resolve(INDEX);
    if (Files.isRegularFile(index)) {
      return openShards(directory, index);
    }
    Path single = directory.resolve(SINGLE);
    if (!Files.isRegularFile(single)) {
      throw new ModelSpecException(
          directory,
          "has neither %s nor %s; only safetensors weights are supported (convert .bin or .pt files first)"
              .formatted(SINGLE, INDEX));
    }
    SafetensorsFile file = SafetensorsFile.open(single);
    return new Checkpoint(directory, List.of(file), new TreeMap<>(file.tensors()));
  }

  private static Checkpoint openShards(Path directory, Path index) {
    Map<String, String> fileOf = weightMap(index);
    List<SafetensorsFile> files = new ArrayList<>();
    Map<String, TensorView> tensors = new TreeMap<>();
    boolean ready = false;
    try {
      for (String name : new TreeSet<>(fileOf.values())) {
        SafetensorsFile file = SafetensorsFile.open(directory.resolve(name));
        files.add(file);
        for (TensorView view : file.tensors().values()) {
          if (!name.equals(fileOf.get(view.name()))) {
            throw new ModelSpecException(
                index,
                "does not place tensor %s in %s, which holds it".formatted(view.name(), name));
          }
          tensors.put(view.name(), view);
        }
      }
      for (Map.Entry<String, String> entry : fileOf.entrySet()) {
        if (!tensors.containsKey(entry.getKey())) {
          throw new ModelSpecException(
              directory.resolve(entry.getValue()),
              "lacks tensor %s that %s places there".formatted(entry.getKey(), INDEX));
        }
      }
      ready = true;
      return new Checkpoint(directory, files, tensors);
    } finally {
      if (!ready) {
        files.forEach(SafetensorsFile::close);
      }
    }
  }

  private static Map<String, String> weightMap(Path index) {
    Map<String, String> fileOf = new TreeMap<>();
    try {
      JsonNode map = new JsonMapper().readTree(index.toFile()).path("weight_map");
      for (Map.Entry<String, JsonNode> entry : map.properties()) {
        String name = entry.getValue().asText();
        // A shard is a sibling of its index; an index cannot reach out of its directory.
        if (!name.endsWith(".safetensors") || name.contains("/") || name.contains("\\")) {
          throw new ModelSpecException(
              index,
              "names the shard '%s', which is not a .safetensors file beside it".formatted(name));
        }
        fileOf.put(entry.getKey(), name);
      }
    } catch (IOException e) {
      throw new ModelSpecException(index, "is not readable JSON: " + e.getMessage(), e);
    }
    if (fileOf.isEmpty()) {
      throw new ModelSpecException(index, "has no weight_map");
    }
    return fileOf;
  }

  /** The mapped files, by name. */
  public List<SafetensorsFile> files() {
    return files;
  }

  /** All tensors by name, sorted. */
  public Map<String, TensorView> tensors() {
    return tensors;
  }

  public boolean has(String name) {
    return tensors.containsKey(name);
  }

  /**
   * The tensor of that name.
   *
   * @throws ModelSpecException if there is no such tensor
   */
  public TensorView tensor(String name) {
    TensorView view = tensors.get(name);
    if (view == null) {
      throw new ModelSpecException(directory, "its weights have no tensor named " + name);
    }
    return view;
  }

  /** Unmaps the files. Views must not be read any more. */
  @Override
  public void close() {
    files.forEach(SafetensorsFile::close);
  }
}
