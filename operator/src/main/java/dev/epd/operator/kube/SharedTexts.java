package dev.epd.operator.kube;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.deser.std.StdScalarDeserializer;
import com.fasterxml.jackson.databind.deser.std.StringDeserializer;
import com.fasterxml.jackson.databind.module.SimpleModule;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * Jackson: a status of a condition, its reason and its message, a label's value or a manager's name
 * are the same in a thousand objects. Texts that are read again soon are held once.
 *
 * <p>A text has one place, by its hash, and takes it when it is read for the second time with no
 * other of that hash between: names and versions, each read once or twice, do not drive out what is
 * everywhere. Threads may overwrite each other's; then a text is held twice.
 */
public final class SharedTexts extends SimpleModule {
  private static final long serialVersionUID = 1L;

  /** A power of two. */
  private static final int PLACES = 8192;

  /** Longer ones would weigh more where they are kept than what they save. */
  private static final int MAX_CHARS = 512;

  private final transient @Nullable String[] once = new String[PLACES];
  private final transient @Nullable String[] often = new String[PLACES];

  /** Holds nothing yet. */
  public SharedTexts() {
    addDeserializer(String.class, new Texts());
  }

  private final class Texts extends StdScalarDeserializer<String> {
    private static final long serialVersionUID = 1L;

    Texts() {
      super(String.class);
    }

    @Override
    public @Nullable String deserialize(JsonParser parser, DeserializationContext context)
        throws IOException {
      @Nullable String read = StringDeserializer.instance.deserialize(parser, context);
      return read == null || read.length() > MAX_CHARS ? read : shared(read);
    }
  }

  private String shared(String read) {
    int hash = read.hashCode();
    int place = (hash ^ (hash >>> 16)) & (PLACES - 1);
    @Nullable String kept = often[place];
    if (kept != null && kept.equals(read)) {
      return kept;
    }
    @Nullable String seen = once[place];
    if (seen != null && seen.equals(read)) {
      often[place] = seen;
      return seen;
    }
    once[place] = read;
    return read;
  }
}
