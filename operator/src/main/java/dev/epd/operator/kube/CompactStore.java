package dev.epd.operator.kube;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.informers.cache.Cache;
import io.fabric8.kubernetes.client.informers.cache.ItemStore;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.Inflater;
import java.util.zip.InflaterInputStream;
import org.jspecify.annotations.Nullable;

/**
 * An informer's objects as deflated JSON. A cluster has some thirty children, which are looked at
 * when it is reconciled and then for two minutes not again. Objects of one kind are much alike, so
 * the first of them serve as the dictionary of all.
 */
final class CompactStore<R extends HasMetadata> implements ItemStore<R> {
  /** More than deflate looks back on would be of no use: 32 KiB less the longest match. */
  private static final int DICTIONARY_BYTES = 32_000;

  private final Class<R> type;
  private final KubernetesSerialization json;
  private final Map<String, Packed> items = new ConcurrentHashMap<>();

  /** Doubles until it is full; what was packed before keeps what it was packed by. */
  private volatile byte[] dictionary = {};

  /** The next dictionary, while it is shorter than twice the present one. */
  private byte[] next = {};

  private record Packed(byte[] deflated, byte[] dictionary) {}

  CompactStore(Class<R> type, KubernetesSerialization json) {
    this.type = type;
    this.json = json;
  }

  @Override
  public String getKey(R object) {
    return Cache.metaNamespaceKeyFunc(object);
  }

  @Override
  public @Nullable R put(String key, R object) {
    return unpacked(items.put(key, packed(object)));
  }

  @Override
  public @Nullable R remove(String key) {
    return unpacked(items.remove(key));
  }

  @Override
  public Stream<String> keySet() {
    return items.keySet().stream();
  }

  @Override
  public Stream<R> values() {
    return items.values().stream().map(this::unpacked).map(Objects::requireNonNull);
  }

  @Override
  public int size() {
    return items.size();
  }

  @Override
  public @Nullable R get(String key) {
    return unpacked(items.get(key));
  }

  private Packed packed(R object) {
    byte[] plain = json.asJson(object).getBytes(StandardCharsets.UTF_8);
    byte[] known = dictionary;
    if (known.length < DICTIONARY_BYTES) {
      learn(plain);
    }
    Deflater deflater = new Deflater(Deflater.BEST_SPEED, true);
    deflater.setDictionary(known);
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (OutputStream deflated = new DeflaterOutputStream(bytes, deflater)) {
      deflated.write(plain);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } finally {
      deflater.end();
    }
    return new Packed(bytes.toByteArray(), known);
  }

  private synchronized void learn(byte[] plain) {
    int known = next.length;
    next = Arrays.copyOf(next, Math.min(known + plain.length, DICTIONARY_BYTES));
    System.arraycopy(plain, 0, next, known, next.length - known);
    if (next.length == DICTIONARY_BYTES || next.length >= 2 * dictionary.length) {
      dictionary = next;
    }
  }

  private @Nullable R unpacked(@Nullable Packed item) {
    if (item == null) {
      return null;
    }
    Inflater inflater = new Inflater(true);
    inflater.setDictionary(item.dictionary());
    try (InputStream inflated =
        new InflaterInputStream(new ByteArrayInputStream(item.deflated()), inflater)) {
      return json.unmarshal(inflated, type);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } finally {
      inflater.end();
    }
  }
}
