package dev.epd.onebox.kubelet;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.DownwardAPIVolumeFile;
import io.fabric8.kubernetes.api.model.KeyToPath;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.ProjectedVolumeSource;
import io.fabric8.kubernetes.api.model.ServiceAccountTokenProjection;
import io.fabric8.kubernetes.api.model.Volume;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A pod's volumes as folders. Used by one thread. */
final class Volumes {
  private final Pod pod;
  private final Path root;
  private final ClusterObjects objects;
  private final PodFields fields;
  private final InstantSource clock;
  private final Map<String, Path> folders = new HashMap<>();
  private final List<Token> tokens = new ArrayList<>();

  private record Token(Path file, ServiceAccountTokenProjection source, Instant refreshAt) {}

  Volumes(Pod pod, Path root, ClusterObjects objects, PodFields fields, InstantSource clock) {
    this.pod = pod;
    this.root = root;
    this.objects = objects;
    this.fields = fields;
    this.clock = clock;
  }

  /** Makes those that are missing; what stands in the way is retried by the caller. */
  void prepare() throws NotYet, IOException {
    for (Volume volume : pod.getSpec().getVolumes()) {
      if (!folders.containsKey(volume.getName())) {
        folders.put(volume.getName(), folder(volume));
      }
    }
  }

  /** Where each of the container's mount paths really is. */
  MountPaths mounts(Container container) throws NotYet, IOException {
    Map<String, Path> out = new LinkedHashMap<>();
    for (var mount : container.getVolumeMounts()) {
      Path folder = folders.get(mount.getName());
      if (folder == null) {
        throw new NotYet("CreateContainerConfigError", "no volume " + mount.getName());
      }
      if (mount.getSubPath() != null && !mount.getSubPath().isEmpty()) {
        Path inner = folder.resolve(mount.getSubPath()).normalize();
        if (!inner.startsWith(folder)) {
          throw new NotYet("CreateContainerConfigError", "subPath leaves " + mount.getName());
        }
        if (!Files.exists(inner)) {
          Files.createDirectories(inner);
        }
        folder = inner;
      }
      out.put(mount.getMountPath(), folder);
    }
    return new MountPaths(out);
  }

  /** When a token must be renewed next. */
  Optional<Instant> refreshAt() {
    return tokens.stream().map(Token::refreshAt).min(Instant::compareTo);
  }

  /** Renews tokens past four fifths of their life; one that fails is tried again a minute later. */
  void refresh() throws IOException {
    for (int i = 0; i < tokens.size(); i++) {
      Token token = tokens.get(i);
      if (!token.refreshAt().isAfter(clock.instant())) {
        try {
          tokens.set(i, token(token.file(), token.source()));
        } catch (NotYet e) {
          tokens.set(i, new Token(token.file(), token.source(), clock.instant().plusSeconds(60)));
        }
      }
    }
  }

  private Path folder(Volume volume) throws NotYet, IOException {
    if (volume.getPersistentVolumeClaim() != null) {
      return objects.claimFolder(volume.getPersistentVolumeClaim().getClaimName());
    }
    if (volume.getHostPath() != null) {
      return Path.of(volume.getHostPath().getPath());
    }
    Path folder = root.resolve(volume.getName());
    Files.createDirectories(folder);
    if (volume.getConfigMap() != null) {
      var source = volume.getConfigMap();
      configMap(folder, source.getName(), source.getItems(), source.getOptional());
    } else if (volume.getSecret() != null) {
      var source = volume.getSecret();
      secret(folder, source.getSecretName(), source.getItems(), source.getOptional());
    } else if (volume.getProjected() != null) {
      projected(folder, volume.getProjected());
    } else if (volume.getDownwardAPI() != null) {
      downward(folder, volume.getDownwardAPI().getItems());
    } else if (volume.getEmptyDir() == null) {
      throw new NotYet(
          "ContainerCreating", "onebox has no volumes of the kind of " + volume.getName());
    }
    return folder;
  }

  private void projected(Path folder, ProjectedVolumeSource volume) throws NotYet, IOException {
    for (var source : volume.getSources()) {
      if (source.getConfigMap() != null) {
        var part = source.getConfigMap();
        configMap(folder, part.getName(), part.getItems(), part.getOptional());
      }
      if (source.getSecret() != null) {
        var part = source.getSecret();
        secret(folder, part.getName(), part.getItems(), part.getOptional());
      }
      if (source.getDownwardAPI() != null) {
        downward(folder, source.getDownwardAPI().getItems());
      }
      if (source.getServiceAccountToken() != null) {
        var part = source.getServiceAccountToken();
        tokens.add(token(folder.resolve(part.getPath()), part));
      }
    }
  }

  private Token token(Path file, ServiceAccountTokenProjection source) throws NotYet, IOException {
    long seconds = source.getExpirationSeconds() == null ? 3600 : source.getExpirationSeconds();
    String token = objects.token(pod, source.getAudience(), seconds);
    write(file, token.getBytes(StandardCharsets.UTF_8));
    return new Token(file, source, clock.instant().plusSeconds(seconds * 4 / 5));
  }

  private void configMap(
      Path folder, String name, @Nullable List<KeyToPath> items, @Nullable Boolean optional)
      throws NotYet, IOException {
    files(folder, "configmap " + name, objects.configMap(name), items, optional);
  }

  private void secret(
      Path folder, String name, @Nullable List<KeyToPath> items, @Nullable Boolean optional)
      throws NotYet, IOException {
    files(folder, "secret " + name, objects.secret(name), items, optional);
  }

  private static void files(
      Path folder,
      String what,
      Optional<Map<String, byte[]>> data,
      @Nullable List<KeyToPath> items,
      @Nullable Boolean optional)
      throws NotYet, IOException {
    boolean required = !Boolean.TRUE.equals(optional);
    if (data.isEmpty() && required) {
      throw new NotYet("ContainerCreating", what + " not found");
    }
    Map<String, byte[]> values = data.orElse(Map.of());
    if (items == null || items.isEmpty()) {
      for (var entry : values.entrySet()) {
        write(folder.resolve(entry.getKey()), entry.getValue());
      }
      return;
    }
    for (KeyToPath item : items) {
      byte[] value = values.get(item.getKey());
      if (value != null) {
        write(folder.resolve(item.getPath()), value);
      } else if (required) {
        throw new NotYet("ContainerCreating", what + " has no key " + item.getKey());
      }
    }
  }

  private void downward(Path folder, List<DownwardAPIVolumeFile> items) throws NotYet, IOException {
    for (DownwardAPIVolumeFile item : items) {
      String value =
          item.getFieldRef() != null
              ? fields.field(item.getFieldRef())
              : fields.resource(
                  item.getResourceFieldRef(), pod.getSpec().getContainers().getFirst());
      write(folder.resolve(item.getPath()), value.getBytes(StandardCharsets.UTF_8));
    }
  }

  /** Readers see the old file or the new one, never half of one. */
  private static void write(Path file, byte[] bytes) throws IOException {
    Files.createDirectories(file.getParent());
    Path next = file.resolveSibling("." + file.getFileName() + ".next");
    Files.write(next, bytes);
    Files.move(next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }
}
