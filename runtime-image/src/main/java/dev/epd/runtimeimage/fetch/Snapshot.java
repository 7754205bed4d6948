package dev.epd.runtimeimage.fetch;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * The files of a repository at one commit.
 *
 * @param commit that all of them are taken from, however the branch moves meanwhile
 */
record Snapshot(String commit, List<HubFile> files) {
  static final String CONFIG = "config.json";
  static final String INDEX = "model.safetensors.index.json";
  private static final String WEIGHTS = ".safetensors";

  /** In the repository's root, and nothing that a file system or a shell could mistake. */
  private static final Pattern PLAIN = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]*");

  private static final List<String> SETTINGS = List.of(".json", ".jinja", ".txt");

  Snapshot {
    files = List.copyOf(files);
  }

  /** Configuration, tokenizer, preprocessor, chat template. */
  List<HubFile> settings() {
    return files.stream()
        .filter(f -> PLAIN.matcher(f.name()).matches())
        .filter(f -> SETTINGS.stream().anyMatch(f.name()::endsWith))
        .toList();
  }

  /** The weights: those that the index names, or all where there is none. */
  List<HubFile> weights(Optional<Set<String>> indexed) {
    return files.stream()
        .filter(f -> PLAIN.matcher(f.name()).matches() && f.name().endsWith(WEIGHTS))
        .filter(f -> indexed.isEmpty() || indexed.get().contains(f.name()))
        .toList();
  }

  Optional<HubFile> file(String name) {
    return files.stream().filter(f -> f.name().equals(name)).findFirst();
  }
}
