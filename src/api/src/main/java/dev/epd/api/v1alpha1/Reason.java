package dev.epd.api.v1alpha1;

/** Why a condition has its status, and the reasons of events. One line each: meaning, remedy. */
public enum Reason {
  AllPoolsReady("Every pool has the pods it wants; nothing to do."),
  PoolsNotReady("At least one pool lacks ready pods; look at the pool's own condition."),
  PoolReady("The pool has the pods it wants; nothing to do."),
  PodsStarting("Pods are starting (image, model, warm-up); wait, or look at the pods' events."),
  ScaledToZero("The pool has 0 pods by choice; the first image wakes an autoscaled encoder pool."),
  Suspended("spec.suspend is true: all pools have 0 pods; set it to false to go on."),
  Unschedulable("No node has room for a pod; add nodes, or lower resources or replicas."),
  ImagePullFailed("The image cannot be pulled; check runtime.image and imagePullSecrets."),
  ContainerConfigInvalid("A Secret or ConfigMap that a pod names is missing; create it."),
  CrashLooping("A container ends again and again; read its log (kubectl logs --previous)."),
  PodsNotCreated("Pods are refused at creation (quota, admission); the message says by whom."),
  StartupTimeout("A pod did not get ready within its start-up budget; read its log."),
  ModelClaimMissing("The PersistentVolumeClaim of the model does not exist; create it."),
  ModelClaimNotBound("The PersistentVolumeClaim is not bound to a volume; check its events."),
  PolicyMissing("The EPDAutoscalingPolicy that a pool names does not exist; create it."),
  SpecInvalid("The spec asks for something that is refused; the message names the field."),
  NameConflict("An object of the wanted name belongs to somebody else; rename or delete it."),
  Serving("A gateway and every role on the path has a ready pod; requests are answered."),
  GatewayDown("No gateway pod is ready; requests cannot be answered."),
  NoPrefill("No prefill pod is ready; requests wait or get 503."),
  NoDecode("No decode pod is ready; requests wait or get 503."),
  NoEncoder("No encoder pod is ready; text is answered, images wait."),
  Scaling("The autoscaler decides on fresh metrics; nothing to do."),
  AutoscalingOff("The policy's mode is Off; set it to Auto to scale."),
  MetricsMissing("Gateways gave no or partial metrics; the pool is held at its size."),
  WaitingForFirstDecision("The autoscaler has not decided yet; wait."),
  WaitingForPool("The pool object has not been reported on yet; wait."),
  ReplicasPutBack("Somebody changed replicas of a pool that has another owner; it was undone."),
  ReplicasHandedOver("The owner of a pool's replicas changed; the number stayed the same."),
  Scaled("The autoscaler changed the number of pods; the event says why."),
  PoolCreated("A pool was created."),
  PoolDeleted("A pool was removed because the spec no longer has it.");

  private final String help;

  Reason(String help) {
    this.help = help;
  }

  /** What it means and what to do, one line. */
  public String help() {
    return help;
  }
}
