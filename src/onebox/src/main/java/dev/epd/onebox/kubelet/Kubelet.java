package dev.epd.onebox.kubelet;

import dev.epd.onebox.OneboxException;
import dev.epd.onebox.StateDir;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/** The node: watches the pods bound to it and gives each a worker. */
public final class Kubelet implements AutoCloseable {
  private final NodeRegistration registration;
  private final LogServer logs;
  private final SharedIndexInformer<Pod> informer;
  private final Map<String, PodWorker> workers = new ConcurrentHashMap<>();
  private final PodWorker.Node node;
  private volatile boolean closing;

  /**
   * What the node needs from its cluster.
   *
   * @param state where its files and process records go
   * @param client with the node's own identity, system:node:name in system:nodes
   * @param apiPort of the API server on 127.0.0.1
   * @param ca of the cluster, PEM
   * @param certificate the kubelet's serving certificate, PEM
   * @param key its key, PEM, EC in PKCS#8
   */
  public record Access(
      StateDir state, KubernetesClient client, int apiPort, Path ca, Path certificate, Path key) {}

  private Kubelet(KubeletConfig config, Access access) {
    NodeAddress network = NodeAddress.claim();
    node =
        new PodWorker.Node(
            config,
            access.state(),
            new PodApi(access.client(), config.nodeName()),
            network,
            access.apiPort(),
            InstantSource.system());
    logs =
        new LogServer(
            network.server(),
            KubeletTls.context(access.ca(), access.certificate(), access.key()),
            this::findLog);
    try {
      registration = new NodeRegistration(access.client(), config, network.node());
      informer =
          access
              .client()
              .pods()
              .inAnyNamespace()
              .withField("spec.nodeName", config.nodeName())
              .inform(new Pods(), 0);
    } catch (RuntimeException e) {
      logs.close();
      throw new OneboxException("Cannot register the node " + config.nodeName(), e);
    }
  }

  /** Registers the node and begins to run its pods. */
  public static Kubelet start(KubeletConfig config, Access access) {
    return new Kubelet(config, access);
  }

  /** Ends every process of every pod, by SIGTERM first, and leaves the objects as they are. */
  @Override
  public void close() {
    closing = true;
    informer.stop();
    registration.close();
    List<PodWorker> all = new ArrayList<>(workers.values());
    all.forEach(PodWorker::nodeStops);
    try {
      for (PodWorker worker : all) {
        worker.join();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    logs.close();
  }

  private Optional<LogServer.Source> findLog(
      String namespace, String pod, String container, boolean previous) {
    Pod found = informer.getStore().getByKey(namespace + "/" + pod);
    PodWorker worker = found == null ? null : workers.get(found.getMetadata().getUid());
    return worker == null ? Optional.empty() : worker.log(container, previous);
  }

  private final class Pods implements ResourceEventHandler<Pod> {
    @Override
    public void onAdd(Pod pod) {
      if (closing) {
        return;
      }
      String uid = pod.getMetadata().getUid();
      PodWorker worker = new PodWorker(pod, node, () -> workers.remove(uid));
      workers.put(uid, worker);
      worker.start();
      worker.updated(pod);
    }

    @Override
    public void onUpdate(Pod before, Pod pod) {
      PodWorker worker = workers.get(pod.getMetadata().getUid());
      if (!before.getMetadata().getUid().equals(pod.getMetadata().getUid())) {
        onDelete(before, false);
        onAdd(pod);
      } else if (worker != null) {
        worker.updated(pod);
      }
    }

    @Override
    public void onDelete(Pod pod, boolean unknown) {
      PodWorker worker = workers.get(pod.getMetadata().getUid());
      if (worker != null) {
        worker.gone();
      }
    }
  }
}
