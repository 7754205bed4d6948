package dev.epd.runtime.model;

import java.util.Optional;

/** A model in memory, or the halves of it that were asked for. Close it after the last step. */
public interface LoadedModel extends AutoCloseable {
  Optional<VisionTower> vision();

  Optional<LanguageModel> language();

  /** Identity of the checkpoint on the wire: processes that exchange tensors must agree on it. */
  String fingerprint();

  @Override
  void close();
}
