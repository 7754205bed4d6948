package dev.epd.onebox.kubelet;

import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.NodeConditionBuilder;
import io.fabric8.kubernetes.api.model.NodeStatus;
import io.fabric8.kubernetes.api.model.NodeStatusBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The Node object and its heartbeats: the lease every 10 s, the status every minute. */
final class NodeRegistration implements AutoCloseable {
  private static final Logger logger = LoggerFactory.getLogger(NodeRegistration.class);
  private static final String LEASES = "kube-node-lease";
  private static final Duration BEAT = Duration.ofSeconds(10);
  private static final int BEATS_PER_STATUS = 6;

  private final KubernetesClient client;
  private final KubeletConfig config;
  private final String address;
  private final String since = Instant.now().truncatedTo(ChronoUnit.SECONDS).toString();
  private final Thread thread;

  /** Registers the node; throws if the API server refuses it. */
  NodeRegistration(KubernetesClient client, KubeletConfig config, String address) {
    this.client = client;
    this.config = config;
    this.address = address;
    register();
    writeStatus();
    renewLease();
    thread = Thread.ofVirtual().name("node heartbeat").start(this::beat);
  }

  @Override
  public void close() {
    thread.interrupt();
  }

  private void beat() {
    try {
      for (int beat = 1; ; beat++) {
        Thread.sleep(BEAT);
        try {
          renewLease();
          if (beat % BEATS_PER_STATUS == 0) {
            writeStatus();
          }
        } catch (KubernetesClientException e) {
          logger.warn("node heartbeat: {}", e.getMessage());
        }
      }
    } catch (InterruptedException e) {
      // stopped
    }
  }

  private void register() {
    String arch =
        switch (System.getProperty("os.arch")) {
          case "amd64", "x86_64" -> "amd64";
          case "aarch64" -> "arm64";
          case String other -> other;
        };
    client
        .resource(
            new NodeBuilder()
                .withNewMetadata()
                .withName(config.nodeName())
                .addToLabels("kubernetes.io/hostname", config.nodeName())
                .addToLabels("kubernetes.io/os", "linux")
                .addToLabels("kubernetes.io/arch", arch)
                .endMetadata()
                .build())
        .create();
  }

  private void writeStatus() {
    String now = Instant.now().truncatedTo(ChronoUnit.SECONDS).toString();
    Map<String, Quantity> capacity =
        config.capacity().entrySet().stream()
            .collect(Collectors.toMap(Map.Entry::getKey, entry -> new Quantity(entry.getValue())));
    NodeStatus status =
        new NodeStatusBuilder()
            .withCapacity(capacity)
            .withAllocatable(capacity)
            .addNewAddress(address, "InternalIP")
            .addNewAddress(config.nodeName(), "Hostname")
            .withNewDaemonEndpoints()
            .withNewKubeletEndpoint(NodeAddress.KUBELET_PORT)
            .endDaemonEndpoints()
            .addToConditions(
                new NodeConditionBuilder()
                    .withType("Ready")
                    .withStatus("True")
                    .withReason("KubeletReady")
                    .withMessage("onebox runs pods as local processes")
                    .withLastHeartbeatTime(now)
                    .withLastTransitionTime(since)
                    .build())
            .withNewNodeInfo()
            .withArchitecture(System.getProperty("os.arch"))
            .withOperatingSystem("linux")
            .withOsImage("local processes")
            .withKernelVersion(System.getProperty("os.version"))
            .withKubeletVersion("onebox")
            .withContainerRuntimeVersion("onebox://1")
            .withKubeProxyVersion("")
            .withBootID("")
            .withMachineID("")
            .withSystemUUID("")
            .endNodeInfo()
            .build();
    client
        .nodes()
        .withName(config.nodeName())
        .subresource("status")
        .patch(
            PatchContext.of(PatchType.JSON_MERGE), Serialization.asJson(Map.of("status", status)));
  }

  private void renewLease() {
    var lease =
        new LeaseBuilder()
            .withNewMetadata()
            .withName(config.nodeName())
            .withNamespace(LEASES)
            .endMetadata()
            .withNewSpec()
            .withHolderIdentity(config.nodeName())
            .withLeaseDurationSeconds(40)
            .withRenewTime(ZonedDateTime.now(ZoneOffset.UTC))
            .endSpec()
            .build();
    client.leases().inNamespace(LEASES).resource(lease).createOr(existing -> existing.patch());
  }
}
