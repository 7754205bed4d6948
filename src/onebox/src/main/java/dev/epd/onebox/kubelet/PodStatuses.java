package dev.epd.onebox.kubelet;

import io.fabric8.kubernetes.api.model.ContainerStateBuilder;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.ContainerStatusBuilder;
import io.fabric8.kubernetes.api.model.HostIP;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodCondition;
import io.fabric8.kubernetes.api.model.PodConditionBuilder;
import io.fabric8.kubernetes.api.model.PodIP;
import io.fabric8.kubernetes.api.model.PodStatus;
import io.fabric8.kubernetes.api.model.PodStatusBuilder;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Pod status from what its containers do, by the rules of the pod lifecycle in Kubernetes'
 * documentation. Remembers when conditions changed.
 */
final class PodStatuses {
  private static final Set<String> OWN =
      Set.of("Initialized", "Ready", "ContainersReady", "PodReadyToStartContainers");

  private final Map<String, PodCondition> conditions = new HashMap<>();
  private final Instant startTime;
  private final String podIp;
  private final String nodeIp;

  PodStatuses(Instant startTime, String podIp, String nodeIp) {
    this.startTime = startTime;
    this.podIp = podIp;
    this.nodeIp = nodeIp;
  }

  PodStatus build(
      Pod pod, List<ContainerRun> inits, List<ContainerRun> mains, boolean volumes, Instant now) {
    boolean initialized = inits.stream().allMatch(ContainerRun::initDone);
    String phase = phase(pod, inits, mains, initialized);
    List<String> unready =
        mains.stream().filter(run -> !run.ready()).map(run -> run.spec.getName()).toList();
    boolean ended = "Succeeded".equals(phase) || "Failed".equals(phase);
    List<PodCondition> list = new ArrayList<>();
    if (pod.getStatus() != null) {
      pod.getStatus().getConditions().stream()
          .filter(condition -> !OWN.contains(condition.getType()))
          .forEach(list::add);
    }
    boolean gates =
        pod.getSpec().getReadinessGates().stream()
            .allMatch(
                gate ->
                    list.stream()
                        .anyMatch(
                            c ->
                                c.getType().equals(gate.getConditionType())
                                    && "True".equals(c.getStatus())));
    String reason = ended ? "PodCompleted" : "ContainersNotReady";
    String message = unready.isEmpty() ? null : "containers with unready status: " + unready;
    boolean ready = unready.isEmpty() && !ended;
    list.add(condition("PodReadyToStartContainers", volumes && !ended, null, null, now));
    list.add(
        condition(
            "Initialized",
            initialized,
            initialized ? null : "ContainersNotInitialized",
            null,
            now));
    list.add(
        condition("ContainersReady", ready, ready ? null : reason, ready ? null : message, now));
    list.add(
        condition(
            "Ready",
            ready && gates,
            ready ? (gates ? null : "ReadinessGatesNotReady") : reason,
            ready ? null : message,
            now));
    return new PodStatusBuilder()
        .withPhase(phase)
        .withStartTime(time(startTime))
        .withPodIP(podIp)
        .withPodIPs(new PodIP(podIp))
        .withHostIP(nodeIp)
        .withHostIPs(new HostIP(nodeIp))
        .withConditions(list)
        .withInitContainerStatuses(inits.stream().map(PodStatuses::status).toList())
        .withContainerStatuses(mains.stream().map(PodStatuses::status).toList())
        .build();
  }

  private static String phase(
      Pod pod, List<ContainerRun> inits, List<ContainerRun> mains, boolean initialized) {
    boolean initFailed =
        inits.stream().anyMatch(run -> run.endedForGood() && !run.succeeded() && !run.sidecar());
    if (initFailed) {
      return "Failed";
    }
    if (mains.stream().allMatch(ContainerRun::endedForGood)) {
      return mains.stream().allMatch(ContainerRun::succeeded) ? "Succeeded" : "Failed";
    }
    boolean begun = mains.stream().anyMatch(run -> run.starts > 0);
    boolean unbegun = mains.stream().anyMatch(run -> run.starts == 0);
    return initialized && begun && !unbegun
            || pod.getMetadata().getDeletionTimestamp() != null && begun
        ? "Running"
        : "Pending";
  }

  private PodCondition condition(
      String type, boolean holds, @Nullable String reason, @Nullable String message, Instant now) {
    String status = holds ? "True" : "False";
    PodCondition before = conditions.get(type);
    String since =
        before != null && before.getStatus().equals(status)
            ? before.getLastTransitionTime()
            : time(now);
    PodCondition condition =
        new PodConditionBuilder()
            .withType(type)
            .withStatus(status)
            .withReason(reason)
            .withMessage(message)
            .withLastTransitionTime(since)
            .build();
    conditions.put(type, condition);
    return condition;
  }

  private static ContainerStatus status(ContainerRun run) {
    var process = run.process;
    ContainerStatusBuilder status =
        new ContainerStatusBuilder()
            .withName(run.spec.getName())
            .withImage(run.spec.getImage())
            .withImageID(
                process == null && run.last == null ? "" : "onebox://" + run.spec.getImage())
            .withReady(run.ready())
            .withStarted(run.started())
            .withRestartCount(run.restarts())
            .withState(state(run.state));
    if (run.last != null && run.last != run.state) {
      status.withLastState(state(run.last));
    }
    if (process != null) {
      status.withContainerID("onebox://" + process.id());
    }
    return status.build();
  }

  private static io.fabric8.kubernetes.api.model.ContainerState state(ContainerState state) {
    ContainerStateBuilder out = new ContainerStateBuilder();
    switch (state) {
      case ContainerState.Waiting waiting ->
          out.withNewWaiting(waiting.message(), waiting.reason());
      case ContainerState.Running running -> out.withNewRunning(time(running.startedAt()));
      case ContainerState.Terminated ended ->
          out.withNewTerminated()
              .withExitCode(ended.exitCode())
              .withReason(ended.reason())
              .withMessage(ended.message())
              .withStartedAt(time(ended.startedAt()))
              .withFinishedAt(time(ended.finishedAt()))
              .withContainerID("onebox://" + ended.containerId())
              .endTerminated();
    }
    return out.build();
  }

  private static String time(Instant at) {
    return at.truncatedTo(ChronoUnit.SECONDS).toString();
  }
}
