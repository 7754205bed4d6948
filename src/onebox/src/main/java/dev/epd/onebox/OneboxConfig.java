package dev.epd.onebox;

import dev.epd.onebox.kubelet.ImageTable;
import dev.epd.onebox.kubelet.KubeletConfig;
import java.nio.file.Path;
import java.util.function.UnaryOperator;

/** A control plane and its one node. */
public record OneboxConfig(ControlPlaneConfig controlPlane, KubeletConfig kubelet) {

  /** A temporary folder, 8 pretend GPUs, and the images of the table. */
  public static OneboxConfig defaults(ImageTable images) {
    return new OneboxConfig(ControlPlaneConfig.defaults(), KubeletConfig.defaults(images));
  }

  public OneboxConfig withStateDir(Path folder) {
    return new OneboxConfig(controlPlane.withStateDir(folder), kubelet);
  }

  public OneboxConfig withGpus(int count) {
    return withKubelet(node -> node.withCapacity("nvidia.com/gpu", Integer.toString(count)));
  }

  public OneboxConfig withKubelet(UnaryOperator<KubeletConfig> change) {
    return new OneboxConfig(controlPlane, change.apply(kubelet));
  }

  public OneboxConfig withControlPlane(UnaryOperator<ControlPlaneConfig> change) {
    return new OneboxConfig(change.apply(controlPlane), kubelet);
  }
}
