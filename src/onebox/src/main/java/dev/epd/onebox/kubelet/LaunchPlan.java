package dev.epd.onebox.kubelet;

import dev.epd.onebox.StateDir;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.Pod;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** From a container of a pod to the process it is here. */
record LaunchPlan(
    ImageTable images, ClusterObjects objects, PodFields fields, Path stateDir, int apiPort) {
  /** Set in every process of a container; its children inherit it. */
  static final String CONTAINER_MARK = "ONEBOX_CONTAINER";

  private static final String ACCOUNT_MOUNT = "/var/run/secrets/kubernetes.io/serviceaccount";
  private static final List<String> FROM_MACHINE =
      List.of("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "JAVA_HOME");

  Launch plan(Container container, Volumes volumes, Path scratch, String containerId)
      throws NotYet, IOException {
    ImageTable.Image image = image(container);
    Pod pod = fields.pod();
    Map<String, String> podFacts =
        Map.of(
            "POD_IP", fields.podIp(),
            "POD_NAME", pod.getMetadata().getName(),
            "POD_NAMESPACE", pod.getMetadata().getNamespace(),
            "POD_UID", pod.getMetadata().getUid());
    Map<String, String> base = new LinkedHashMap<>();
    images.env().forEach((name, value) -> base.put(name, Expansion.expand(value, podFacts)));
    image.env().forEach((name, value) -> base.put(name, Expansion.expand(value, podFacts)));
    base.put("HOSTNAME", pod.getMetadata().getName());
    base.put("KUBERNETES_SERVICE_HOST", "127.0.0.1");
    base.put("KUBERNETES_SERVICE_PORT", Integer.toString(apiPort));
    Map<String, String> declared = new Environment(objects, fields).resolve(container, base);

    MountPaths mounts = volumes.mounts(container);
    Map<String, String> env = new LinkedHashMap<>();
    for (String name : FROM_MACHINE) {
      String value = System.getenv(name);
      if (value != null) {
        env.put(name, value);
      }
    }
    declared.forEach((name, value) -> env.put(name, mounts.rewrite(value)));
    serviceAccount(mounts, env);
    env.put(StateDir.MARK, stateDir.toString());
    env.put(CONTAINER_MARK, containerId);
    return new Launch(
        command(container, image, podFacts, declared, mounts),
        env,
        workingDir(container, mounts, scratch));
  }

  private ImageTable.Image image(Container container) throws NotYet {
    String name = container.getImage();
    return images
        .find(name)
        .orElseThrow(
            () ->
                new NotYet(
                    "ErrImagePull",
                    "no image \"%s\" on this machine: the image table has %s"
                        .formatted(
                            name,
                            images.images().keySet().stream()
                                .sorted()
                                .collect(Collectors.joining(", ")))));
  }

  private static List<String> command(
      Container container,
      ImageTable.Image image,
      Map<String, String> podFacts,
      Map<String, String> env,
      MountPaths mounts)
      throws NotYet {
    List<String> out = new ArrayList<>();
    boolean ownCommand = !container.getCommand().isEmpty();
    // The image's words are this machine's own paths; only the pod's are of the container's world.
    if (ownCommand) {
      container.getCommand().forEach(word -> out.add(mounts.rewrite(Expansion.expand(word, env))));
    } else {
      image.command().forEach(word -> out.add(Expansion.expand(word, podFacts)));
    }
    if (!container.getArgs().isEmpty()) {
      container.getArgs().forEach(word -> out.add(mounts.rewrite(Expansion.expand(word, env))));
    } else if (!ownCommand) {
      image.args().forEach(word -> out.add(Expansion.expand(word, podFacts)));
    }
    if (out.isEmpty()) {
      throw new NotYet("CreateContainerError", "no command: neither image nor container has one");
    }
    return out;
  }

  private static Path workingDir(Container container, MountPaths mounts, Path scratch)
      throws IOException {
    String wanted = container.getWorkingDir();
    if (wanted != null && !wanted.isEmpty()) {
      Path folder = Path.of(mounts.rewrite(wanted));
      if (Files.isDirectory(folder)) {
        return folder;
      }
    }
    return Files.createDirectories(scratch);
  }

  /** The variables by which the fabric8 client finds a mounted account that is elsewhere. */
  private static void serviceAccount(MountPaths mounts, Map<String, String> env) {
    // The kubeconfig of the machine's user is no part of a pod.
    env.putIfAbsent("KUBERNETES_AUTH_TRYKUBECONFIG", "false");
    mounts
        .folderAt(ACCOUNT_MOUNT)
        .ifPresent(
            folder -> {
              env.putIfAbsent(
                  "KUBERNETES_AUTH_SERVICEACCOUNT_TOKEN", folder.resolve("token").toString());
              env.putIfAbsent("KUBERNETES_CERTS_CA_FILE", folder.resolve("ca.crt").toString());
              env.putIfAbsent("KUBENAMESPACE", folder.resolve("namespace").toString());
            });
  }
}
