package dev.epd.onebox.kubelet;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.EnvVarSource;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Resolves a container's {@code envFrom} and {@code env}, in order, later ones over earlier. */
record Environment(ClusterObjects objects, PodFields fields) {

  Map<String, String> resolve(Container container, Map<String, String> image) throws NotYet {
    Map<String, String> out = new LinkedHashMap<>(image);
    for (var source : container.getEnvFrom()) {
      String prefix = source.getPrefix() == null ? "" : source.getPrefix();
      if (source.getConfigMapRef() != null) {
        var ref = source.getConfigMapRef();
        addAll(
            out,
            prefix,
            objects.configMap(ref.getName()),
            ref.getOptional(),
            "configmap",
            ref.getName());
      }
      if (source.getSecretRef() != null) {
        var ref = source.getSecretRef();
        addAll(
            out, prefix, objects.secret(ref.getName()), ref.getOptional(), "secret", ref.getName());
      }
    }
    for (EnvVar variable : container.getEnv()) {
      String value =
          variable.getValueFrom() == null
              ? Expansion.expand(variable.getValue() == null ? "" : variable.getValue(), out)
              : valueFrom(variable.getValueFrom(), container);
      if (value != null) {
        out.put(variable.getName(), value);
      }
    }
    return out;
  }

  private @Nullable String valueFrom(EnvVarSource from, Container container) throws NotYet {
    if (from.getFieldRef() != null) {
      return fields.field(from.getFieldRef());
    }
    if (from.getResourceFieldRef() != null) {
      return fields.resource(from.getResourceFieldRef(), container);
    }
    if (from.getConfigMapKeyRef() != null) {
      var ref = from.getConfigMapKeyRef();
      return key(
          objects.configMap(ref.getName()),
          ref.getKey(),
          ref.getOptional(),
          "configmap",
          ref.getName());
    }
    if (from.getSecretKeyRef() != null) {
      var ref = from.getSecretKeyRef();
      return key(
          objects.secret(ref.getName()), ref.getKey(), ref.getOptional(), "secret", ref.getName());
    }
    throw new NotYet("CreateContainerConfigError", "an env source that onebox does not know");
  }

  private static @Nullable String key(
      Optional<Map<String, byte[]>> data,
      String key,
      @Nullable Boolean optional,
      String kind,
      String name)
      throws NotYet {
    byte[] value = data.orElse(Map.of()).get(key);
    if (value != null) {
      return new String(value, StandardCharsets.UTF_8);
    }
    if (Boolean.TRUE.equals(optional)) {
      return null;
    }
    throw new NotYet(
        "CreateContainerConfigError",
        data.isEmpty()
            ? "%s \"%s\" not found".formatted(kind, name)
            : "couldn't find key %s in %s %s".formatted(key, kind, name));
  }

  private static void addAll(
      Map<String, String> out,
      String prefix,
      Optional<Map<String, byte[]>> data,
      @Nullable Boolean optional,
      String kind,
      String name)
      throws NotYet {
    if (data.isEmpty() && !Boolean.TRUE.equals(optional)) {
      throw new NotYet("CreateContainerConfigError", kind + " \"" + name + "\" not found");
    }
    data.orElse(Map.of())
        .forEach((key, value) -> out.put(prefix + key, new String(value, StandardCharsets.UTF_8)));
  }
}
