package dev.epd.operator.kube;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.informers.cache.Cache;
import io.fabric8.kubernetes.client.informers.cache.ItemStore;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import io.javaoperatorsdk.operator.api.reconciler.EventSourceContext;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
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
 * An informer's objects as deflated JSON, a tenth of what they weigh as objects. A cluster has some
 * thirty children, which are looked at when it is reconciled and then for two minutes not again.
 */
public final class CompactStore<R extends HasMetadata> implements ItemStore<R> {
  private final Class<R> type;
  private final KubernetesSerialization json;
  private final Map<String, byte[]> items = new ConcurrentHashMap<>();

  CompactStore(Class<R> type, KubernetesSerialization json) {
    this.type = type;
    this.json = json;
  }

  /**
   * A store for objects of a kind; null where the controller watches several namespaces: each has
   * an informer of its own then, the framework would give them all this one store, and what one
   * does not find at its next listing it would take from the others.
   */
  public static <R extends HasMetadata> @Nullable CompactStore<R> of(
      Class<R> type, EventSourceContext<?> context) {
    var controller = context.getControllerConfiguration();
    int informers = controller.getInformerConfig().getEffectiveNamespaces(controller).size();
    return informers > 1
        ? null
        : new CompactStore<>(type, context.getClient().getKubernetesSerialization());
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

  private byte[] packed(R object) {
    Deflater deflater = new Deflater(Deflater.BEST_SPEED, true);
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (OutputStream deflated = new DeflaterOutputStream(bytes, deflater)) {
      deflated.write(json.asJson(object).getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } finally {
      deflater.end();
    }
    return bytes.toByteArray();
  }

  private @Nullable R unpacked(byte @Nullable [] bytes) {
    if (bytes == null) {
      return null;
    }
    Inflater inflater = new Inflater(true);
    try (InputStream inflated =
        new InflaterInputStream(new ByteArrayInputStream(bytes), inflater)) {
      return json.unmarshal(inflated, type);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } finally {
      inflater.end();
    }
  }
}
