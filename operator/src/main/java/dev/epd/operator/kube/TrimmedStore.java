package dev.epd.operator.kube;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.informers.cache.Cache;
import io.fabric8.kubernetes.client.informers.cache.ItemStore;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** An informer's objects without what nobody reads. */
final class TrimmedStore<R extends HasMetadata> implements ItemStore<R> {
  private final UnaryOperator<R> trim;
  private final Map<String, R> items = new ConcurrentHashMap<>();

  TrimmedStore(UnaryOperator<R> trim) {
    this.trim = trim;
  }

  @Override
  public String getKey(R object) {
    return Cache.metaNamespaceKeyFunc(object);
  }

  @Override
  public @Nullable R put(String key, R object) {
    return items.put(key, trim.apply(object));
  }

  @Override
  public @Nullable R remove(String key) {
    return items.remove(key);
  }

  @Override
  public Stream<String> keySet() {
    return items.keySet().stream();
  }

  @Override
  public Stream<R> values() {
    return items.values().stream();
  }

  @Override
  public int size() {
    return items.size();
  }

  @Override
  public @Nullable R get(String key) {
    return items.get(key);
  }
}
