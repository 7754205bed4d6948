package dev.epd.modelspec;

import dev.epd.modelspec.safetensors.Checkpoint;
import dev.epd.modelspec.safetensors.SafetensorsFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;

/**
 * A name for exactly this model: SHA-256 over all settings files and the weights. Two processes
 * with equal fingerprints may exchange embeddings and KV. Every part is preceded by its name and
 * length, so parts cannot run into each other.
 *
 * <p>A weight file of at most 64 MiB is hashed whole. A larger one is named by its header, its
 * length and 256 blocks of 64 KiB spread evenly from its first to its last byte: enough to tell
 * checkpoints and fine-tunes apart and to notice a torn copy, at 16 MiB of reading; not a proof
 * against someone who forges weights on purpose.
 */
final class Fingerprint {
  /**
   * Raised whenever the meaning of equal files changes: layouts, conventions, the digest itself.
   */
  private static final String VERSION = "epd-model-1";

  private static final List<String> SETTINGS =
      List.of(
          "config.json",
          "generation_config.json",
          "preprocessor_config.json",
          "tokenizer.json",
          "tokenizer_config.json",
          "chat_template.json",
          "chat_template.jinja");
  private static final long WHOLE_BYTES = 64L << 20;
  private static final int BLOCKS = 256;
  private static final int BLOCK_BYTES = 64 << 10;

  private final MessageDigest digest;
  private final long wholeBytes;

  private Fingerprint(long wholeBytes) {
    this.wholeBytes = wholeBytes;
    try {
      digest = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  /** Lower-case hex, 64 digits. */
  static String of(Path directory) {
    return of(directory, WHOLE_BYTES);
  }

  static String of(Path directory, long wholeBytes) {
    Fingerprint fingerprint = new Fingerprint(wholeBytes);
    fingerprint.part("version", VERSION.getBytes(StandardCharsets.UTF_8));
    for (String name : SETTINGS) {
      fingerprint.settings(directory.resolve(name));
    }
    try (Checkpoint checkpoint = Checkpoint.open(directory)) {
      checkpoint.files().forEach(fingerprint::weights);
    }
    return HexFormat.of().formatHex(fingerprint.digest.digest());
  }

  private void settings(Path path) {
    if (!Files.isRegularFile(path)) {
      return;
    }
    try {
      part(path.getFileName().toString(), Files.readAllBytes(path));
    } catch (IOException e) {
      throw new ModelSpecException(path, "cannot be read: " + e.getMessage(), e);
    }
  }

  private void part(String name, byte[] content) {
    begin(name, content.length);
    digest.update(content);
  }

  private void begin(String name, long length) {
    byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
    digest.update(ByteBuffer.allocate(4).putInt(bytes.length).flip());
    digest.update(bytes);
    digest.update(ByteBuffer.allocate(8).putLong(length).flip());
  }

  private void weights(SafetensorsFile file) {
    begin(file.path().getFileName().toString(), file.size());
    digest.update(file.header().asByteBuffer());
    // Plain reads, not the mapping: a file cut short meanwhile is then an error, not a signal.
    try (FileChannel channel = FileChannel.open(file.path(), StandardOpenOption.READ)) {
      ByteBuffer block = ByteBuffer.allocate(BLOCK_BYTES);
      if (file.size() <= wholeBytes) {
        for (long at = 0; at < file.size(); at += BLOCK_BYTES) {
          block(channel, file, block, at);
        }
      } else {
        long last = file.size() - BLOCK_BYTES;
        for (int i = 0; i < BLOCKS; i++) {
          block(channel, file, block, Math.max(0, last) / (BLOCKS - 1) * i);
        }
        block(channel, file, block, Math.max(0, last));
      }
    } catch (IOException e) {
      throw new ModelSpecException(file.path(), "cannot be read: " + e.getMessage(), e);
    }
  }

  private void block(FileChannel channel, SafetensorsFile file, ByteBuffer block, long at)
      throws IOException {
    block.clear().limit((int) Math.min(BLOCK_BYTES, file.size() - at));
    while (block.hasRemaining()) {
      if (channel.read(block, at + block.position()) < 0) {
        throw new IOException("it became shorter while it was read");
      }
    }
    digest.update(block.flip());
  }
}
