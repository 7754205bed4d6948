package dev.epd.onebox;

import dev.epd.onebox.kubelet.Kubelet;
import io.fabric8.kubernetes.api.model.PersistentVolumeBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * Kubernetes on one machine: a {@link ControlPlane} and one node whose Pods are local processes.
 *
 * <pre>{@code
 * ImageTable images = ImageTable.load(Path.of("images.yaml"));
 * try (Onebox box = Onebox.start(OneboxConfig.defaults(images).withGpus(4))) {
 *   box.persistentVolume("models", Path.of("models"));
 *   box.kubectl("apply", "-f", "app.yaml").orThrow();
 * }
 * }</pre>
 *
 * <p>{@link #close} and the end of the JVM stop pods and control plane and remove every file; after
 * a kill the next start does.
 */
public final class Onebox implements AutoCloseable {
  private final ControlPlane controlPlane;

  private Onebox(ControlPlane controlPlane) {
    this.controlPlane = controlPlane;
  }

  /** Returns when the API server is ready and the node registered. */
  public static Onebox start(OneboxConfig config) {
    ControlPlane plane = ControlPlane.start(config.controlPlane());
    try {
      String node = config.kubelet().nodeName();
      KubernetesClient client =
          plane.clientFor(plane.kubeconfigForUser("system:node:" + node, "system:nodes"));
      Pki.Pair serving = plane.pki().server("kubelet", node, List.of(node), List.of());
      Kubelet kubelet =
          Kubelet.start(
              config.kubelet(),
              new Kubelet.Access(
                  plane.state(),
                  client,
                  plane.port(),
                  plane.caCertificate(),
                  serving.certificate(),
                  serving.key()));
      plane.beforeStop(
          () -> {
            kubelet.close();
            client.close();
          });
      return new Onebox(plane);
    } catch (RuntimeException e) {
      plane.close();
      throw e;
    }
  }

  /** Stops and removes whatever a state folder holds; false if there was nothing. */
  public static boolean destroy(Path stateDir) {
    return StateDir.destroy(stateDir);
  }

  public ControlPlane controlPlane() {
    return controlPlane;
  }

  public KubernetesClient client() {
    return controlPlane.client();
  }

  public KubectlResult kubectl(String... args) {
    return controlPlane.kubectl(args);
  }

  /**
   * Offers a local folder as a PersistentVolume without storage class. A claim gets it by naming it
   * ({@code volumeName}) or by {@code storageClassName: ""} and a size of at most 1Ti.
   *
   * @throws OneboxException if there is no such folder
   */
  public void persistentVolume(String name, Path folder) {
    if (!Files.isDirectory(folder)) {
      throw new OneboxException("No folder " + folder.toAbsolutePath() + " for volume " + name);
    }
    client()
        .resource(
            new PersistentVolumeBuilder()
                .withNewMetadata()
                .withName(name)
                .endMetadata()
                .withNewSpec()
                .withCapacity(Map.of("storage", new Quantity("1Ti")))
                .withAccessModes("ReadOnlyMany", "ReadWriteOnce", "ReadWriteMany")
                .withStorageClassName("")
                .withPersistentVolumeReclaimPolicy("Retain")
                .withNewHostPath()
                .withPath(folder.toAbsolutePath().normalize().toString())
                .endHostPath()
                .endSpec()
                .build())
        .create();
  }

  /** The log files of the pods, one folder each: namespace_name_uid/container/life.log. */
  public Path podLogs() {
    return controlPlane.stateDir().resolve("logs").resolve("pods");
  }

  @Override
  public void close() {
    controlPlane.close();
  }
}
