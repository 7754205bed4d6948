package dev.epd.runtime.engine;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Embeddings of pictures seen lately, by key, least recently used first out, bounded by bytes. What
 * is pinned is never freed; while pins are open the bound may be exceeded by them alone.
 * Thread-safe.
 */
public final class EncoderCache implements AutoCloseable {
  private final long maxBytes;
  private final Map<String, Entry> entries = new LinkedHashMap<>(16, 0.75f, true);
  private long bytes;
  private int pins;

  public EncoderCache(long maxBytes) {
    if (maxBytes < 0) {
      throw new IllegalArgumentException("a cache of " + maxBytes + " bytes");
    }
    this.maxBytes = maxBytes;
  }

  private static final class Entry {
    private final Embeddings embeddings;
    private int pins;
    private boolean dropped;

    private Entry(Embeddings embeddings) {
      this.embeddings = embeddings;
    }
  }

  /** The right to read some embeddings until it is closed. */
  public final class Pin implements AutoCloseable {
    private final Entry entry;
    private boolean closed;

    private Pin(Entry entry) {
      this.entry = entry;
      entry.pins++;
      pins++;
    }

    public Embeddings embeddings() {
      return entry.embeddings;
    }

    @Override
    public void close() {
      synchronized (EncoderCache.this) {
        if (!closed) {
          closed = true;
          entry.pins--;
          pins--;
          if (entry.dropped && entry.pins == 0) {
            entry.embeddings.close();
          }
          evict();
        }
      }
    }
  }

  /** The embeddings kept under {@code key}, pinned. */
  public synchronized Optional<Pin> get(String key) {
    Entry entry = entries.get(key);
    return entry == null ? Optional.empty() : Optional.of(new Pin(entry));
  }

  /**
   * Takes over {@code embeddings} and pins them; if the key is known they are freed and the older
   * ones pinned.
   */
  public synchronized Pin put(String key, Embeddings embeddings) {
    Entry known = entries.get(key);
    if (known != null) {
      embeddings.close();
      return new Pin(known);
    }
    Entry entry = new Entry(embeddings);
    entries.put(key, entry);
    bytes += embeddings.byteSize();
    Pin pin = new Pin(entry);
    evict();
    return pin;
  }

  private void evict() {
    Iterator<Entry> eldest = entries.values().iterator();
    while (bytes > maxBytes && eldest.hasNext()) {
      Entry entry = eldest.next();
      if (entry.pins == 0) {
        eldest.remove();
        bytes -= entry.embeddings.byteSize();
        entry.embeddings.close();
      }
    }
  }

  /** Bytes of all embeddings held, pinned ones included. */
  public synchronized long byteSize() {
    return bytes;
  }

  /** Pins open now. */
  public synchronized int pins() {
    return pins;
  }

  /** Forgets everything; pinned memory is freed with its last pin. */
  @Override
  public synchronized void close() {
    for (Entry entry : entries.values()) {
      entry.dropped = true;
      if (entry.pins == 0) {
        entry.embeddings.close();
      }
    }
    entries.clear();
    bytes = 0;
  }
}
