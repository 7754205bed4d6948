package dev.epd.modelspec;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * A checkpoint directory that cannot be used; the message names the file and what to do about it.
 */
public final class ModelSpecException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /**
   * @param file the file or directory at fault
   */
  public ModelSpecException(Path file, String problem) {
    this(file, problem, null);
  }

  public ModelSpecException(Path file, String problem, @Nullable Throwable cause) {
    super(file + ": " + problem, cause);
  }
}
