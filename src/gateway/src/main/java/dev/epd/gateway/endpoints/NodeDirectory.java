package dev.epd.gateway.endpoints;

import com.google.common.util.concurrent.FutureCallback;
import com.google.common.util.concurrent.Futures;
import dev.epd.contract.ContractVersion;
import dev.epd.contract.Role;
import dev.epd.contract.v1.DescribeRequest;
import dev.epd.contract.v1.NodeDescription;
import dev.epd.contract.v1.NodeGrpc;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * From pods that exist to nodes that can be used: connects, asks each who it is, refuses those that
 * do not fit, and asks again all the time, so that a process that hangs or restarts is noticed even
 * when its pod still looks ready.
 *
 * <p>All state is touched by one thread only.
 */
public final class NodeDirectory implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(NodeDirectory.class);
  private static final Duration ASK_TIMEOUT = Duration.ofSeconds(5);
  private static final String UNAUTHENTICATED = "unauthenticated";
  private static final Duration ASK_INTERVAL = Duration.ofSeconds(2);
  private static final Duration FIRST_RETRY = Duration.ofMillis(100);

  /** So many silent answers in a row, and the calls to the node are ended as well. */
  private static final int SILENCES_UNTIL_ABORT = 3;

  private final String modelFingerprint;
  private final Channels channels;
  private final Listener listener;
  private final ScheduledExecutorService thread =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("node-directory").factory());
  private final Map<String, Pod> pods = new HashMap<>();
  private volatile List<Node> usable = List.of();
  private Map<Misfit, Integer> refused = Map.of();

  /** Told of changes, on the directory's thread. */
  public interface Listener {
    /** Exactly these may be given new work. */
    void usable(Collection<Node> nodes);

    /** A pod does not fit; {@code reason} is one word for a metric. */
    void refused(Endpoint endpoint, String reason);

    /** So many pods that could be used otherwise do not fit now. */
    void refusedNow(Map<Misfit, Integer> pods);
  }

  /** Pods of a role that do not fit; {@code reason} is one word for a metric. */
  public record Misfit(Role role, String reason) {}

  /** A pod, the connection to it and what it last said. */
  private static final class Pod {
    Endpoint endpoint;
    final ManagedChannel channel;
    @Nullable Node node;
    boolean answering;
    boolean asking;
    boolean dropped;

    /** Why it does not fit, as it last said; null: it does, or has not answered yet. */
    @Nullable String misfit;

    int silences;
    Duration retry = FIRST_RETRY;

    /** When it is asked next; one at a time, however often it is asked in between. */
    @Nullable Future<?> timer;

    Pod(Endpoint endpoint, ManagedChannel channel) {
      this.endpoint = endpoint;
      this.channel = channel;
    }
  }

  public NodeDirectory(String modelFingerprint, Channels channels, Listener listener) {
    this.modelFingerprint = modelFingerprint;
    this.channels = channels;
    this.listener = listener;
  }

  /** The pods that exist now; to be passed to {@link EndpointSource#start}. */
  public void update(Collection<Endpoint> endpoints) {
    onThread(() -> apply(List.copyOf(endpoints)));
  }

  /**
   * A call to the node failed as if it were gone: it is asked at once and not used until it
   * answers.
   */
  public void suspect(Node node) {
    onThread(
        () -> {
          Pod pod = pods.get(node.podName());
          if (pod != null && pod.node == node && pod.answering) {
            pod.answering = false;
            publish();
            ask(pod);
          }
        });
  }

  /** Work that the node had a part in failed: it is asked at once, but used meanwhile. */
  public void check(Node node) {
    onThread(
        () -> {
          Pod pod = pods.get(node.podName());
          if (pod != null && pod.node == node) {
            ask(pod);
          }
        });
  }

  /** The nodes in use now. */
  public List<Node> usable() {
    return usable;
  }

  private void onThread(Runnable work) {
    try {
      thread.execute(
          () -> {
            try {
              work.run();
            } catch (RuntimeException e) {
              log.error("the node directory failed", e);
            }
          });
    } catch (RejectedExecutionException e) {
      log.debug("closed already");
    }
  }

  private void apply(List<Endpoint> endpoints) {
    var names = new HashSet<String>();
    for (Endpoint endpoint : endpoints) {
      names.add(endpoint.podName());
      Pod pod = pods.get(endpoint.podName());
      if (pod != null && !sameAddress(pod.endpoint, endpoint)) {
        drop(pod);
        pod = null;
      }
      if (pod == null && endpoint.usable()) {
        pod = new Pod(endpoint, channels.open(endpoint));
        pods.put(endpoint.podName(), pod);
      }
      if (pod != null) {
        pod.endpoint = endpoint;
        if (endpoint.usable() && !pod.answering) {
          ask(pod);
        }
      }
    }
    for (Pod pod : List.copyOf(pods.values())) {
      if (!names.contains(pod.endpoint.podName())) {
        drop(pod);
      }
    }
    publish();
  }

  private static boolean sameAddress(Endpoint a, Endpoint b) {
    // A pod without an address is going or has not come; neither makes another process of it.
    return b.host().isEmpty()
        || (a.host().equals(b.host())
            && a.controlPort() == b.controlPort()
            && a.transferPort() == b.transferPort()
            && a.role() == b.role());
  }

  private void drop(Pod pod) {
    pod.dropped = true;
    pods.remove(pod.endpoint.podName());
    // Calls on it go on until they end; a pod that merely drains is not dropped.
    pod.channel.shutdown();
  }

  private void ask(Pod pod) {
    if (pod.asking || pod.dropped) {
      return;
    }
    pod.asking = true;
    var answer =
        NodeGrpc.newFutureStub(pod.channel)
            .withDeadlineAfter(ASK_TIMEOUT)
            .describe(DescribeRequest.getDefaultInstance());
    Futures.addCallback(
        answer,
        new FutureCallback<NodeDescription>() {
          @Override
          public void onSuccess(NodeDescription description) {
            onThread(() -> answered(pod, description));
          }

          @Override
          public void onFailure(Throwable failure) {
            onThread(() -> silent(pod, failure));
          }
        },
        Runnable::run);
  }

  private void answered(Pod pod, NodeDescription description) {
    pod.asking = false;
    if (pod.dropped) {
      return;
    }
    pod.silences = 0;
    pod.retry = FIRST_RETRY;
    String misfit = misfit(pod.endpoint, description);
    if (misfit != null) {
      refuse(pod, misfit, misfit);
    } else {
      pod.misfit = null;
      pod.answering = true;
      Node node = pod.node;
      if (node == null) {
        pod.node = new Node(pod.endpoint, description, pod.channel);
        log.info("pod {} is in use", pod.endpoint.podName());
      } else if (!node.description().getBootId().equals(description.getBootId())) {
        startAfresh(pod);
        return;
      }
    }
    publish();
    again(pod, ASK_INTERVAL);
  }

  private void refuse(Pod pod, String misfit, String why) {
    if (!misfit.equals(pod.misfit)) {
      log.warn("pod {} is not used: {}", pod.endpoint.podName(), why);
      listener.refused(pod.endpoint, misfit);
    }
    pod.misfit = misfit;
    pod.answering = false;
  }

  private @Nullable String misfit(Endpoint endpoint, NodeDescription description) {
    if (!description.getRole().equals(endpoint.role().wireName())) {
      return "role";
    }
    if (description.getContractVersion() != ContractVersion.CURRENT) {
      return "contract_version";
    }
    return description.getModelFingerprint().equals(modelFingerprint) ? null : "model_fingerprint";
  }

  private void silent(Pod pod, Throwable failure) {
    pod.asking = false;
    if (pod.dropped) {
      return;
    }
    Status status = Status.fromThrowable(failure);
    if (status.getCode() == Status.Code.UNAUTHENTICATED) {
      // Another signing key, or another clock: calls that it has taken may go on.
      refuse(pod, UNAUTHENTICATED, String.valueOf(status.getDescription()));
      pod.silences = 0;
      publish();
      again(pod, ASK_INTERVAL);
      return;
    }
    if (pod.answering) {
      log.warn("pod {} does not answer: {}", pod.endpoint.podName(), failure.getMessage());
    }
    pod.answering = false;
    pod.silences++;
    publish();
    Node node = pod.node;
    if (node != null && pod.silences >= SILENCES_UNTIL_ABORT) {
      // Its calls may hang for ever (a stopped process, a cut network): end them, begin afresh.
      node.abort();
      startAfresh(pod);
      return;
    }
    again(pod, pod.retry);
    Duration doubled = pod.retry.multipliedBy(2);
    pod.retry = doubled.compareTo(ASK_INTERVAL) < 0 ? doubled : ASK_INTERVAL;
  }

  /** The process behind the pod is another one, or has to be taken for one. */
  private void startAfresh(Pod pod) {
    drop(pod);
    Pod fresh = new Pod(pod.endpoint, channels.open(pod.endpoint));
    pods.put(pod.endpoint.podName(), fresh);
    publish();
    again(fresh, FIRST_RETRY);
  }

  private void again(Pod pod, Duration delay) {
    Future<?> before = pod.timer;
    if (before != null) {
      before.cancel(false);
    }
    if (pod.dropped) {
      return;
    }
    try {
      pod.timer =
          thread.schedule(
              () -> {
                if (pod.endpoint.usable()) {
                  // A connection that just broke waits before the next try; a new pod must not.
                  pod.channel.resetConnectBackoff();
                  ask(pod);
                } else {
                  again(pod, ASK_INTERVAL);
                }
              },
              delay.toNanos(),
              TimeUnit.NANOSECONDS);
    } catch (RejectedExecutionException e) {
      log.debug("closed already");
    }
  }

  private void publish() {
    var nodes = new ArrayList<Node>();
    var misfits = new HashMap<Misfit, Integer>();
    for (Pod pod : pods.values()) {
      if (pod.node != null && pod.answering && pod.endpoint.usable()) {
        nodes.add(pod.node);
      }
      if (pod.misfit != null && pod.endpoint.usable()) {
        misfits.merge(new Misfit(pod.endpoint.role(), pod.misfit), 1, Integer::sum);
      }
    }
    if (!misfits.equals(refused)) {
      refused = Map.copyOf(misfits);
      listener.refusedNow(refused);
    }
    nodes.sort((a, b) -> a.podName().compareTo(b.podName()));
    if (!nodes.equals(usable)) {
      usable = List.copyOf(nodes);
      listener.usable(usable);
    }
  }

  /** Ends all connections and the calls on them. */
  @Override
  public void close() {
    onThread(
        () -> {
          for (Pod pod : pods.values()) {
            pod.dropped = true;
            pod.channel.shutdownNow();
          }
          pods.clear();
        });
    thread.shutdown();
  }
}
