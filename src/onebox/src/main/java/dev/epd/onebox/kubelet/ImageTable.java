package dev.epd.onebox.kubelet;

import dev.epd.onebox.OneboxException;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a container image means on this machine. As YAML or JSON:
 *
 * <pre>{@code
 * env:                                   # of every container: the environment of a pod on onebox
 *   BIND_ADDRESS: $(POD_IP)
 * images:
 *   ghcr.io/example/app:                 # this name with any tag or digest, and names below it
 *     command: [java, -jar, /opt/app.jar]   # the image's entry point
 *     args: [--serve]                       # its default arguments (optional)
 *     env: {LOG: info}                      # its own environment (optional)
 * }</pre>
 *
 * <p>Values may use {@code $(POD_IP)}, {@code $(POD_NAME)}, {@code $(POD_NAMESPACE)} and {@code
 * $(POD_UID)}. Pods on one machine share its ports: a program that binds all addresses must be told
 * by {@code env} to bind the pod's own one. The container's {@code command}, {@code args} and
 * {@code env} override the image's, as with any image; an image with an empty command takes what
 * the container gives.
 *
 * @param env for every container
 * @param images by name
 */
public record ImageTable(Map<String, String> env, Map<String, Image> images) {

  /** The entry point, default arguments and environment of an image. */
  public record Image(List<String> command, List<String> args, Map<String, String> env) {
    public Image {
      command = List.copyOf(command);
      args = List.copyOf(args);
      env = Map.copyOf(env);
    }
  }

  public ImageTable {
    env = Map.copyOf(env);
    images = Map.copyOf(images);
  }

  public static ImageTable empty() {
    return new ImageTable(Map.of(), Map.of());
  }

  public ImageTable withEnv(String name, String value) {
    Map<String, String> all = new LinkedHashMap<>(env);
    all.put(name, value);
    return new ImageTable(all, images);
  }

  public ImageTable withImage(String name, List<String> command, Map<String, String> imageEnv) {
    Map<String, Image> all = new LinkedHashMap<>(images);
    all.put(name, new Image(command, List.of(), imageEnv));
    return new ImageTable(env, all);
  }

  /**
   * Reads a table.
   *
   * @throws OneboxException if the file is not one
   */
  public static ImageTable load(Path file) {
    try {
      Map<?, ?> root = Serialization.unmarshal(Files.readString(file), Map.class);
      Map<String, Image> images = new LinkedHashMap<>();
      if (root.get("images") instanceof Map<?, ?> entries) {
        entries.forEach(
            (name, entry) -> images.put(String.valueOf(name), image(file, name, entry)));
      }
      return new ImageTable(strings(root.get("env")), images);
    } catch (IOException e) {
      throw new OneboxException("Cannot read the image table " + file, e);
    } catch (KubernetesClientException | IllegalArgumentException e) {
      throw new OneboxException("The image table " + file + " is not valid YAML or JSON", e);
    }
  }

  /** The entry of the longest name that is the image's or a parent of it. */
  Optional<Image> find(String image) {
    return images.keySet().stream()
        .filter(name -> matches(name, image))
        .max(Comparator.comparingInt(String::length))
        .map(images::get);
  }

  private static boolean matches(String name, String image) {
    return image.equals(name)
        || (image.startsWith(name) && ":@/".indexOf(image.charAt(name.length())) >= 0);
  }

  private static Image image(Path file, Object name, Object entry) {
    if (!(entry instanceof Map<?, ?> fields)) {
      throw new OneboxException(
          "The image table %s needs {command: [...]} for %s".formatted(file, name));
    }
    return new Image(
        list(fields.get("command")), list(fields.get("args")), strings(fields.get("env")));
  }

  private static List<String> list(@org.jspecify.annotations.Nullable Object value) {
    List<String> out = new ArrayList<>();
    if (value instanceof List<?> items) {
      items.forEach(item -> out.add(String.valueOf(item)));
    }
    return out;
  }

  private static Map<String, String> strings(@org.jspecify.annotations.Nullable Object value) {
    Map<String, String> out = new LinkedHashMap<>();
    if (value instanceof Map<?, ?> entries) {
      entries.forEach((key, item) -> out.put(String.valueOf(key), String.valueOf(item)));
    }
    return out;
  }
}
