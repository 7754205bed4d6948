package dev.epd.operator.kube;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.OwnerReference;
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
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
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
 *
 * <p>A client and a framework that start walk over all values, three times, to see whose they are.
 * So the values that are walked over say only what they are and whom they belong to; {@link #get}
 * gives them whole. What a list lacks that was there before is told as such a value too.
 */
final class CompactStore<R extends HasMetadata> implements ItemStore<R> {
  /**
   * Twice of it would take half as long again to pack an object and make it no smaller; deflate
   * looks back on 32 KiB at most.
   */
  private static final int DICTIONARY_BYTES = 16_000;

  private final Class<R> type;
  private final Supplier<R> blank;
  private final KubernetesSerialization json;
  private final Set<String> whose;
  private final Shared<Belonging> belongings;
  private final Map<String, Packed> items = new ConcurrentHashMap<>();

  /** Doubles until it is full; what was packed before keeps what it was packed by. */
  private volatile byte[] dictionary = {};

  /** The next dictionary, while it is shorter than twice the present one. */
  private byte[] next = {};

  /** The UID in two halves, which take half of what an object would. */
  private record Packed(
      byte[] deflated, byte[] dictionary, Belonging to, long version, long uid, long uidsRest) {
    String wholeUid() {
      return new UUID(uid, uidsRest).toString();
    }
  }

  /** By what a mapper tells whose an object is: the same for all that a pool has. */
  record Belonging(Map<String, String> labels, List<OwnerReference> owners) {}

  /**
   * An empty store.
   *
   * @param blank makes an object without anything
   * @param whose the labels that tell whose an object is
   * @param belongings shared by all stores
   */
  CompactStore(
      Class<R> type,
      Supplier<R> blank,
      KubernetesSerialization json,
      Set<String> whose,
      Shared<Belonging> belongings) {
    this.type = type;
    this.blank = blank;
    this.json = json;
    this.whose = whose;
    this.belongings = belongings;
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

  /** What they are and whom they belong to. */
  @Override
  public Stream<R> values() {
    return items.entrySet().stream().map(item -> shell(item.getKey(), item.getValue()));
  }

  /** Objects are told as they come rather than as they are found here afterwards. */
  @Override
  public boolean isFullState() {
    return false;
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
    Deflater deflater = new Deflater(Deflater.DEFAULT_COMPRESSION, true);
    deflater.setDictionary(known);
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (OutputStream deflated = new DeflaterOutputStream(bytes, deflater)) {
      deflated.write(plain);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } finally {
      deflater.end();
    }
    ObjectMeta meta = object.getMetadata();
    UUID uid = UUID.fromString(meta.getUid());
    return new Packed(
        bytes.toByteArray(),
        known,
        belonging(meta),
        Long.parseLong(meta.getResourceVersion()),
        uid.getMostSignificantBits(),
        uid.getLeastSignificantBits());
  }

  private Belonging belonging(ObjectMeta meta) {
    @Nullable Map<String, String> given = meta.getLabels();
    Map<String, String> labels = given == null ? new HashMap<>() : new HashMap<>(given);
    labels.keySet().retainAll(whose);
    return belongings.of(new Belonging(Map.copyOf(labels), List.copyOf(meta.getOwnerReferences())));
  }

  private R shell(String key, Packed item) {
    int slash = key.indexOf('/');
    R shell = blank.get();
    shell.setMetadata(
        new ObjectMetaBuilder()
            .withNamespace(slash < 0 ? null : key.substring(0, slash))
            .withName(key.substring(slash + 1))
            .withUid(item.wholeUid())
            .withResourceVersion(Long.toString(item.version()))
            .withLabels(item.to().labels())
            .withOwnerReferences(item.to().owners())
            .build());
    return shell;
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
