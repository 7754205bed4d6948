package dev.epd.api.v1alpha1;

/**
 * Why a condition has its status, and the reasons of events: what each means and what to do. The
 * page docs/troubleshooting.md is made of these.
 */
public enum Reason {
  AllPoolsReady("Every pool has the pods it wants.", "Nothing."),
  PoolReady("The pool has the pods it wants.", "Nothing."),
  PoolResizing(
      "The number of pods changes: those that stood are ready, others start or leave.", "Wait."),
  PodsStarting(
      "Pods are starting: image, model, warm-up.",
      "Wait. If it lasts, look at the pods' events (kubectl describe pod) and logs."),
  PodLost(
      "A pod that was ready is gone, or no longer ready, without a change of the spec.",
      "Nothing if a replacement gets ready. Otherwise look at the pods' events (kubectl describe"
          + " pod), their last logs (kubectl logs --previous) and the nodes."),
  ScaledToZero(
      "The pool has 0 pods by choice.",
      "Nothing: the first image wakes an autoscaled encoder pool. Otherwise raise replicas."),
  Suspended("spec.suspend is true: all pools have 0 pods.", "Set spec.suspend to false to go on."),
  Unschedulable(
      "No node has room for a pod, or none matches its placement; the message is the scheduler's.",
      "Add nodes, or lower resources or replicas, or widen placement."),
  ImagePullFailed(
      "An image cannot be pulled.",
      "Correct runtime.image (or model.source.image.reference), and name credentials in"
          + " runtime.imagePullSecrets."),
  ContainerConfigInvalid(
      "A pod's container cannot be made: a Secret, ConfigMap or claim that it names is missing, lacks"
          + " a key or cannot be mounted, or the node's runtime refuses it.",
      "Create or correct what the message names."),
  ModelLoadFailed(
      "The program ran and could not load the model; the message is its own.",
      "Correct model.source (path: the folder with config.json and *.safetensors), or what lies"
          + " there."),
  ModelFetchFailed(
      "A pod could not fetch the model from the hub; the message is the fetcher's own.",
      "Correct model.source.huggingFace (repo, revision, tokenSecretRef, sizeLimit), or let pods"
          + " reach the hub."),
  CrashLooping(
      "A container ends again and again.", "Read its last log: kubectl logs --previous POD."),
  PodEvicted(
      "A node's kubelet ended a pod, or would not take it; the message is the kubelet's.",
      "Do what the message says: more disk (model.source.huggingFace.sizeLimit, or the limits that a"
          + " LimitRange fills in), more memory, or a node whose devices work."),
  PodsNotCreated(
      "The API server refuses the pool's pods (admission); the message says who.",
      "Do what the message says, or ask who runs that admission policy."),
  QuotaExceeded(
      "The namespace's ResourceQuota leaves no room for a pod.",
      "Raise the quota, or lower resources or replicas."),
  StartupTimeout(
      "A pod did not get ready in time.",
      "Read its log; raise startup.timeout if the model is large and its volume slow."),
  ObjectRefused(
      "The API server refuses an object that the operator makes of the spec; the message is its own.",
      "Correct the field of template or placement that the message names. If it speaks of rights,"
          + " compare the operator's role with the one that this version ships."),
  ModelClaimMissing(
      "The PersistentVolumeClaim of the model does not exist.",
      "Create it in the cluster's namespace, or correct model.source.pvc.claimName."),
  ModelClaimNotBound(
      "The PersistentVolumeClaim of the model is not bound to a volume.",
      "Look at its events: kubectl describe pvc NAME."),
  ModelLoaded("Pods have the model in memory.", "Nothing."),
  PolicyMissing(
      "The EPDAutoscalingPolicy that a pool names does not exist.",
      "Create it in the cluster's namespace, or correct autoscaling.policyRef."),
  SpecInvalid(
      "The spec asks for something that is refused.", "Correct the field that the message names."),
  NameConflict(
      "An object of a name that the operator needs belongs to somebody else. It is not touched.",
      "Rename or delete that object, or give the cluster another name."),
  Serving(
      "A gateway is ready, and every role on the path has a ready pod: requests are answered.",
      "Nothing."),
  GatewayDown(
      "No gateway pod is ready: requests cannot be answered.", "Look at condition GatewayReady."),
  NoPrefill(
      "No prefill pod is ready: requests wait or get 503.", "Look at condition PrefillReady."),
  NoDecode("No decode pod is ready: requests wait or get 503.", "Look at condition DecodeReady."),
  PodsRefused(
      "A gateway gives no work to pods that are ready, since they do not fit; the message counts them"
          + " by why.",
      "model_fingerprint: they read other weights or another configuration than the gateway; keep a"
          + " model in a folder that never changes, and restart what is older. unauthenticated: they"
          + " have another signing key or another clock; after a change of key wait three minutes,"
          + " then restart them. role, contract_version: they run another program; correct"
          + " runtime.image and args."),
  RoleRefused(
      "The gateways give no work to any pod of a role, ready as they are: requests that need one wait"
          + " or get 503.",
      "Read the gateway's log, which names the pods. model_fingerprint: restart what is older than"
          + " the model's files. unauthenticated: after a change of key wait three minutes, then"
          + " restart the pods. role, contract_version: correct runtime.image and args."),
  NoEncoder(
      "No encoder pod is ready: text is answered, images wait.", "Look at condition EncoderReady."),
  ImagesServed("Requests with images are answered.", "Nothing."),
  EncoderAsleep(
      "The autoscaled encoder pool has 0 pods: text is answered, the first image waits for a start.",
      "Nothing. Raise autoscaling.minReplicas if no image may wait that long."),
  EncoderAtZero(
      "The encoder pool is fixed at 0 pods: text is answered, images are not.",
      "Raise encoder.replicas, or set encoder.autoscaling."),
  RolloutInProgress("Pods are being made or replaced.", "Wait."),
  RolloutComplete("All pods are of the current spec.", "Nothing."),
  RolloutPaused(
      "spec.rollout.paused is true: nothing is rolled; scaling and healing go on.",
      "Set spec.rollout.paused to false to go on."),
  WaitingForTurn(
      "A role waits until another one has been rolled, so that no two are short at once; a gateway"
          + " waits for the pods of a role that was added.",
      "Wait. If the other one is stuck, see its condition and correct its spec, or set"
          + " spec.rollout.strategy to Independent."),
  OldSetLeaving(
      "Recreate: the old set finishes its requests and leaves, the gateway first; then the new one"
          + " comes.",
      "Wait; drain.timeout bounds it."),
  RoleLeaving(
      "A role left the spec: its pods serve until no gateway is left that may send to them.",
      "Wait; drain.timeout of the gateway bounds it. If it lasts, see condition GatewayReady."),
  PodNotEnding(
      "A pod was told to stop, its time is over and it is still there: its node is probably gone."
          + " Nothing waits for it any longer.",
      "Once the node is known to be gone: kubectl delete pod NAME --force. Or bring the node back."),
  ProgressDeadlineExceeded(
      "A roll made no progress for spec.rollout.progressDeadline. Nothing is rolled back by itself.",
      "Correct what the message names, or set the spec back: the pods that serve go on serving."),
  OneSet("All pods of all roles share one compatibility key.", "Nothing."),
  TwoSets(
      "Pods of two compatibility keys exist: a new model comes up beside the old one. They never"
          + " talk to each other.",
      "Wait. If it lasts, see condition Progressing."),
  NothingBroken("Nothing that was asked for is broken.", "Nothing."),
  DrainCutShort(
      "A pod ended before it had finished its work: its time to drain ran out.",
      "Raise drain.timeout of the pool that the event names."),
  NotLimited("Every pool has room for the pods it asks for.", "Nothing."),
  MaxReplicas(
      "The load asks for more pods than autoscaling.maxReplicas.",
      "Raise autoscaling.maxReplicas, or accept that images wait."),
  MaxGPUs(
      "A pool asks for more pods than scaling.maxGPUs leaves it.",
      "Raise scaling.maxGPUs, or lower the replicas of a pool."),
  Ratio(
      "The load asks for more pods than scaling.ratios leaves the pool beside the other one's most.",
      "Raise maxReplicas (or replicas) of the other pool that the ratio names, or change the ratio."),
  Scaling("The autoscaler decides on fresh metrics.", "Nothing."),
  AutoscalingOff(
      "The policy's mode is Off: anybody may scale the pool through its /scale.",
      "Set its mode to Auto to scale."),
  Recommending(
      "The policy's mode is Recommend: status.lastDecision says what would be done, nothing is"
          + " changed.",
      "Set its mode to Auto to have it done, or scale the pool yourself (kubectl scale epool)."),
  PolicyInvalid(
      "The EPDAutoscalingPolicy that a pool names cannot be followed; the message says which field.",
      "Correct that field. Until then the pool is held at its size."),
  MetricsMissing(
      "Gateways gave no or partial metrics: the pool is held at its size.",
      "Look at condition GatewayReady, and whether the operator may reach port 9090 of the pods."),
  WaitingForFirstDecision("The autoscaler has not decided yet.", "Wait."),
  WaitingForNewSet(
      "The model's key changed: the old set serves until the new one is complete; only then does the"
          + " new gateway come.",
      "Wait. If it lasts, see why the encoders, prefills and decodes of the new key do not start."),
  WaitingForPool(
      "A pool has not been reported on yet.", "Wait. If it lasts, read the operator's log."),
  ReplicasPutBack(
      "Somebody changed replicas of a pool that has another owner: it was undone.",
      "Change the number where the event says."),
  ReplicasHandedOver(
      "The owner of a pool's replicas changed, the number stayed the same.", "Nothing."),
  Recommended("The autoscaler would change the number of pods; the event says why.", "Nothing."),
  Scaled("The autoscaler changed the number of pods; the event says why.", "Nothing."),
  PoolCreated("Pools were created.", "Nothing."),
  PoolDeleted("A pool was removed because the spec no longer has it.", "Nothing.");

  private final String meaning;
  private final String remedy;

  Reason(String meaning, String remedy) {
    this.meaning = meaning;
    this.remedy = remedy;
  }

  /** What is the case, one or two sentences. */
  public String meaning() {
    return meaning;
  }

  /** What to do about it; "Nothing." where all is well. */
  public String remedy() {
    return remedy;
  }

  /** Both, as a condition's message; the remedy only where there is one. */
  public String help() {
    return remedy.startsWith("Nothing") ? meaning : meaning + " " + remedy;
  }
}
