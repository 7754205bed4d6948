package dev.epd.onebox;

import io.fabric8.kubernetes.api.model.authentication.TokenRequestBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A real Kubernetes control plane on free ports of 127.0.0.1, everything under one state folder.
 *
 * <pre>{@code
 * try (ControlPlane kube = ControlPlane.start(ControlPlaneConfig.defaults())) {
 *   kube.client().namespaces().list();
 *   kube.kubectl("apply", "-f", "crds/").orThrow();
 * }
 * }</pre>
 *
 * <p>{@link #close} ends every process and removes every file; so does the end of the JVM. What a
 * killed JVM leaves is cleared by the next start. Any number may run at once. Nothing runs Pods
 * here; {@link Onebox} adds a node.
 */
public final class ControlPlane implements AutoCloseable {
  private static final Duration READY_WITHIN = Duration.ofMinutes(3);
  private static final String SERVICE_RANGE = "10.96.0.0/16";
  private static final String SERVICE_ADDRESS = "10.96.0.1";

  private final StateDir state;
  private final Path kube;
  private final ControlPlaneConfig config;
  private final List<ControlPlaneProcess> processes = new ArrayList<>();
  private final AtomicBoolean closed = new AtomicBoolean();
  private final AtomicInteger kubeconfigs = new AtomicInteger();
  private final Thread hook = new Thread(this::stop, "onebox-stop");
  private final Pki pki;
  private final List<Runnable> beforeStop = new java.util.concurrent.CopyOnWriteArrayList<>();
  private int port;
  private @org.jspecify.annotations.Nullable KubernetesClient client;

  private ControlPlane(ControlPlaneConfig config, Path kube, StateDir state) {
    this.config = config;
    this.kube = kube;
    this.state = state;
    this.pki = Pki.create(state.file("pki"));
  }

  /** Starts and returns when the API server is ready (and the default service account exists). */
  public static ControlPlane start(ControlPlaneConfig config) {
    Path kube = config.kubeBinary() == null ? KubeBinary.find() : config.kubeBinary();
    StateDir state =
        config.stateDir() == null ? StateDir.temporary() : StateDir.claim(config.stateDir());
    ControlPlane plane = new ControlPlane(config, kube, state);
    Runtime.getRuntime().addShutdownHook(plane.hook);
    try {
      plane.startProcesses();
      return plane;
    } catch (RuntimeException e) {
      plane.close();
      throw e;
    }
  }

  /** A client with all rights; closed with the control plane. */
  public KubernetesClient client() {
    if (client == null) {
      throw new IllegalStateException("not started");
    }
    return client;
  }

  public Path stateDir() {
    return state.path();
  }

  /** {@code https://127.0.0.1:port}. */
  public String url() {
    return "https://127.0.0.1:" + port;
  }

  public int port() {
    return port;
  }

  /** The certificate of the cluster's authority, PEM. */
  public Path caCertificate() {
    return pki.ca();
  }

  /** The kubeconfig of the administrator (group system:masters). */
  public Path adminKubeconfig() {
    return state.file("admin.kubeconfig");
  }

  /** A kubeconfig with a client certificate for the user in the groups. */
  public Path kubeconfigForUser(String user, String... groups) {
    String name = "user-" + kubeconfigs.incrementAndGet();
    return Kubeconfig.withCertificate(
        state.file("kubeconfigs").resolve(name + ".kubeconfig"),
        url(),
        pki.ca(),
        pki.client(name, user, List.of(groups)));
  }

  /** A kubeconfig with a token of a service account that exists, valid for a day. */
  public Path kubeconfigFor(String namespace, String serviceAccount) {
    var request =
        new TokenRequestBuilder().withNewSpec().withExpirationSeconds(86_400L).endSpec().build();
    var granted =
        client()
            .serviceAccounts()
            .inNamespace(namespace)
            .withName(serviceAccount)
            .tokenRequest(request);
    return Kubeconfig.withToken(
        state.file("kubeconfigs").resolve("sa-" + kubeconfigs.incrementAndGet() + ".kubeconfig"),
        url(),
        pki.ca(),
        granted.getStatus().getToken());
  }

  /** A new client that uses a kubeconfig of this control plane; the caller closes it. */
  public KubernetesClient clientFor(Path kubeconfig) {
    return new KubernetesClientBuilder()
        .withConfig(Config.fromKubeconfig(kubeconfig.toFile()))
        .build();
  }

  /** Runs kubectl as administrator. */
  public KubectlResult kubectl(String... args) {
    return Kubectl.run(kube, adminKubeconfig(), args);
  }

  /** The process of a component, such as "etcd": for tests that hold it up. */
  public ProcessHandle process(String component) {
    return processes.stream()
        .filter(process -> process.name().equals(component))
        .findFirst()
        .orElseThrow(() -> new OneboxException("no " + component + " runs here"))
        .handle();
  }

  /** The binary in use. */
  public Path kubeBinary() {
    return kube;
  }

  StateDir state() {
    return state;
  }

  Pki pki() {
    return pki;
  }

  /** Runs first when this stops, while the API still answers. */
  void beforeStop(Runnable task) {
    beforeStop.add(task);
  }

  @Override
  public void close() {
    stop();
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      // The JVM is ending; the hook finds nothing left to do.
    }
  }

  private void stop() {
    if (!closed.compareAndSet(false, true)) {
      return;
    }
    beforeStop.forEach(Runnable::run);
    if (client != null) {
      client.close();
    }
    // The state goes with them, so nobody needs long to say goodbye.
    for (ControlPlaneProcess process : processes.reversed()) {
      process.stop(2_000);
    }
    try {
      state.clear();
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot remove " + state.path(), e);
    }
  }

  private void startProcesses() {
    var apiServer =
        pki.server(
            "apiserver",
            "kube-apiserver",
            List.of(
                "localhost",
                "kubernetes",
                "kubernetes.default",
                "kubernetes.default.svc",
                "kubernetes.default.svc.cluster.local"),
            List.of("127.0.0.1", SERVICE_ADDRESS));
    var kubelets =
        pki.client(
            "apiserver-kubelet-client", "kube-apiserver-kubelet-client", List.of("system:masters"));
    var admin = pki.client("admin", "admin", List.of("system:masters"));
    startStore(apiServer, kubelets, admin, 5);
    if (config.controllerManager()) {
      startControllerManager();
    }
    if (config.scheduler()) {
      processes.add(
          ControlPlaneProcess.start(
              state,
              kube,
              "kube-scheduler",
              List.of(
                  "--kubeconfig=" + componentKubeconfig("kube-scheduler"),
                  "--leader-elect=false",
                  "--secure-port=0")));
    }
    if (config.controllerManager()) {
      await("the default service account", this::defaultServiceAccountExists);
    }
  }

  /** etcd and the API server; with new ports when another program took one in between. */
  private void startStore(Pki.Pair server, Pki.Pair kubelets, Pki.Pair admin, int attempts) {
    int[] ports = Ports.free(3);
    port = ports[0];
    String store = "http://127.0.0.1:" + ports[1];
    Kubeconfig.withCertificate(adminKubeconfig(), url(), pki.ca(), admin);
    processes.add(
        ControlPlaneProcess.start(
            state, kube, "etcd", etcdArgs(store, "http://127.0.0.1:" + ports[2])));
    processes.add(
        ControlPlaneProcess.start(
            state, kube, "kube-apiserver", apiServerArgs(store, server, kubelets)));
    client = clientFor(adminKubeconfig());
    try {
      await("kube-apiserver", this::apiServerReady);
    } catch (OneboxException e) {
      if (attempts == 1 || processes.stream().noneMatch(ControlPlaneProcess::lostItsPort)) {
        throw e;
      }
      client.close();
      processes.reversed().forEach(process -> process.stop(0));
      processes.clear();
      startStore(server, kubelets, admin, attempts - 1);
    }
  }

  private List<String> etcdArgs(String clientUrl, String peerUrl) {
    return List.of(
        "--data-dir=" + state.file("etcd"),
        "--listen-client-urls=" + clientUrl,
        "--advertise-client-urls=" + clientUrl,
        "--listen-peer-urls=" + peerUrl,
        "--initial-advertise-peer-urls=" + peerUrl,
        "--initial-cluster=default=" + peerUrl,
        "--unsafe-no-fsync",
        "--log-level=warn");
  }

  private List<String> apiServerArgs(String store, Pki.Pair server, Pki.Pair kubelets) {
    List<String> args =
        new ArrayList<>(
            List.of(
                "--etcd-servers=" + store,
                "--bind-address=127.0.0.1",
                // Without it the server wants a default route, which a machine may lack.
                "--advertise-address=127.0.0.1",
                "--endpoint-reconciler-type=none",
                "--secure-port=" + port,
                "--tls-cert-file=" + server.certificate(),
                "--tls-private-key-file=" + server.key(),
                "--client-ca-file=" + pki.ca(),
                "--service-account-issuer=https://kubernetes.default.svc",
                "--service-account-key-file=" + pki.serviceAccountPublicKey(),
                "--service-account-signing-key-file=" + pki.serviceAccountKey(),
                "--service-cluster-ip-range=" + SERVICE_RANGE,
                "--authorization-mode=Node,RBAC",
                "--enable-admission-plugins=NodeRestriction",
                "--kubelet-client-certificate=" + kubelets.certificate(),
                "--kubelet-client-key=" + kubelets.key(),
                "--kubelet-preferred-address-types=InternalIP",
                "--allow-privileged=true"));
    args.addAll(config.apiServerArgs());
    return args;
  }

  private void startControllerManager() {
    processes.add(
        ControlPlaneProcess.start(
            state,
            kube,
            "kube-controller-manager",
            List.of(
                "--kubeconfig=" + componentKubeconfig("kube-controller-manager"),
                "--service-account-private-key-file=" + pki.serviceAccountKey(),
                "--root-ca-file=" + pki.ca(),
                "--cluster-signing-cert-file=" + pki.ca(),
                "--cluster-signing-key-file=" + pki.caKey(),
                "--service-cluster-ip-range=" + SERVICE_RANGE,
                "--use-service-account-credentials",
                "--leader-elect=false",
                "--secure-port=0")));
  }

  private Path componentKubeconfig(String component) {
    return Kubeconfig.withCertificate(
        state.file(component + ".kubeconfig"),
        url(),
        pki.ca(),
        pki.client(component, "system:" + component, List.of()));
  }

  private boolean apiServerReady() {
    try {
      return "ok".equals(client().raw("/readyz"));
    } catch (KubernetesClientException e) {
      return false;
    }
  }

  private boolean defaultServiceAccountExists() {
    try {
      return client().serviceAccounts().inNamespace("default").withName("default").get() != null;
    } catch (KubernetesClientException e) {
      return false;
    }
  }

  private void await(String what, java.util.function.BooleanSupplier ready) {
    long deadline = System.nanoTime() + READY_WITHIN.toNanos();
    while (!ready.getAsBoolean()) {
      for (ControlPlaneProcess process : processes) {
        if (!process.isAlive()) {
          throw process.failure();
        }
      }
      if (System.nanoTime() > deadline) {
        throw new OneboxException(
            what + " was not ready within " + READY_WITHIN + "; logs: " + state.file("logs"));
      }
      try {
        Thread.sleep(100);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new OneboxException("Interrupted while waiting for " + what, e);
      }
    }
  }
}
