package dev.epd.onebox;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What to start.
 *
 * @param stateDir the folder for everything (must be absent, empty or a former state folder); null:
 *     a fresh temporary one
 * @param kubeBinary null: {@link KubeBinary#find()}
 * @param controllerManager default service accounts, garbage collection, Deployments
 * @param scheduler binds Pods to nodes
 * @param apiServerArgs further flags of kube-apiserver, such as an audit log
 */
public record ControlPlaneConfig(
    @Nullable Path stateDir,
    @Nullable Path kubeBinary,
    boolean controllerManager,
    boolean scheduler,
    List<String> apiServerArgs) {

  public ControlPlaneConfig {
    apiServerArgs = List.copyOf(apiServerArgs);
  }

  /** etcd, API server, controller manager and scheduler in a temporary folder. */
  public static ControlPlaneConfig defaults() {
    return new ControlPlaneConfig(null, null, true, true, List.of());
  }

  public ControlPlaneConfig withStateDir(Path folder) {
    return new ControlPlaneConfig(folder, kubeBinary, controllerManager, scheduler, apiServerArgs);
  }

  public ControlPlaneConfig withKubeBinary(Path binary) {
    return new ControlPlaneConfig(stateDir, binary, controllerManager, scheduler, apiServerArgs);
  }

  public ControlPlaneConfig withoutControllerManager() {
    return new ControlPlaneConfig(stateDir, kubeBinary, false, scheduler, apiServerArgs);
  }

  public ControlPlaneConfig withoutScheduler() {
    return new ControlPlaneConfig(stateDir, kubeBinary, controllerManager, false, apiServerArgs);
  }

  public ControlPlaneConfig withApiServerArgs(String... more) {
    List<String> all = new ArrayList<>(apiServerArgs);
    all.addAll(List.of(more));
    return new ControlPlaneConfig(stateDir, kubeBinary, controllerManager, scheduler, all);
  }
}
