package dev.epd.onebox.kubelet;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerPort;
import io.fabric8.kubernetes.api.model.GRPCAction;
import io.fabric8.kubernetes.api.model.HTTPGetAction;
import io.fabric8.kubernetes.api.model.IntOrString;
import io.fabric8.kubernetes.api.model.Probe;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.HttpsURLConnection;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;

/** One question to a container. Empty: all is well; else what was wrong. */
interface Check {
  Optional<String> ask(int timeoutMillis) throws InterruptedException;

  static Check of(Probe probe, Container container, String podIp, Launch launch) {
    if (probe.getHttpGet() != null) {
      return timeout -> http(probe.getHttpGet(), container, podIp, timeout);
    }
    if (probe.getGrpc() != null) {
      return timeout -> grpc(probe.getGrpc(), podIp, timeout);
    }
    if (probe.getTcpSocket() != null) {
      return timeout -> {
        String host = probe.getTcpSocket().getHost();
        return tcp(
            host == null ? podIp : host, port(probe.getTcpSocket().getPort(), container), timeout);
      };
    }
    if (probe.getExec() != null) {
      return timeout -> exec(launch.running(probe.getExec().getCommand()), timeout);
    }
    return timeout -> Optional.of("the probe has no action that onebox knows");
  }

  /** Runs a program as an exec probe or hook does. */
  static Optional<String> exec(Launch launch, int timeoutMillis) throws InterruptedException {
    try {
      Process process = launch.builder().redirectOutput(ProcessBuilder.Redirect.DISCARD).start();
      process.getOutputStream().close();
      try {
        if (!process.waitFor(timeoutMillis, TimeUnit.MILLISECONDS)) {
          return Optional.of("the command took longer than " + timeoutMillis + " ms");
        }
        return process.exitValue() == 0
            ? Optional.empty()
            : Optional.of("the command ended with " + process.exitValue());
      } finally {
        process.destroyForcibly();
      }
    } catch (IOException e) {
      return Optional.of(String.valueOf(e.getMessage()));
    }
  }

  private static Optional<String> http(
      HTTPGetAction get, Container container, String podIp, int timeoutMillis) {
    boolean tls = "HTTPS".equals(get.getScheme());
    String host = get.getHost() == null || get.getHost().isEmpty() ? podIp : get.getHost();
    String path = get.getPath() == null ? "/" : get.getPath();
    String url =
        "%s://%s:%d%s%s"
            .formatted(
                tls ? "https" : "http",
                host,
                port(get.getPort(), container),
                path.startsWith("/") ? "" : "/",
                path);
    try {
      HttpURLConnection connection = (HttpURLConnection) URI.create(url).toURL().openConnection();
      if (connection instanceof HttpsURLConnection https) {
        https.setSSLSocketFactory(trustingAll().getSocketFactory());
        https.setHostnameVerifier((name, session) -> true);
      }
      connection.setConnectTimeout(timeoutMillis);
      connection.setReadTimeout(timeoutMillis);
      connection.setInstanceFollowRedirects(false);
      connection.setRequestProperty("User-Agent", "kube-probe/onebox");
      connection.setRequestProperty("Connection", "close");
      if (get.getHttpHeaders() != null) {
        get.getHttpHeaders()
            .forEach(header -> connection.setRequestProperty(header.getName(), header.getValue()));
      }
      try {
        int status = connection.getResponseCode();
        return status >= 200 && status < 400
            ? Optional.empty()
            : Optional.of("HTTP probe failed with statuscode: " + status);
      } finally {
        connection.disconnect();
      }
    } catch (IOException | IllegalArgumentException e) {
      return Optional.of("Get \"" + url + "\": " + e.getMessage());
    }
  }

  private static Optional<String> grpc(GRPCAction action, String podIp, int timeoutMillis)
      throws InterruptedException {
    ManagedChannel channel =
        NettyChannelBuilder.forAddress(podIp, action.getPort()).usePlaintext().build();
    try {
      String service = action.getService() == null ? "" : action.getService();
      HealthCheckResponse.ServingStatus status =
          HealthGrpc.newBlockingStub(channel)
              .withDeadlineAfter(timeoutMillis, TimeUnit.MILLISECONDS)
              .check(HealthCheckRequest.newBuilder().setService(service).build())
              .getStatus();
      return status == HealthCheckResponse.ServingStatus.SERVING
          ? Optional.empty()
          : Optional.of("service unhealthy (responded with \"" + status + "\")");
    } catch (StatusRuntimeException e) {
      return Optional.of(
          "health of %s:%d: %s".formatted(podIp, action.getPort(), e.getStatus().getCode()));
    } finally {
      channel.shutdownNow().awaitTermination(1, TimeUnit.SECONDS);
    }
  }

  private static Optional<String> tcp(String host, int port, int timeoutMillis) {
    try (Socket socket = new Socket()) {
      socket.connect(new InetSocketAddress(host, port), timeoutMillis);
      return Optional.empty();
    } catch (IOException e) {
      return Optional.of("dial tcp %s:%d: %s".formatted(host, port, e.getMessage()));
    }
  }

  /** A number, or the name of one of the container's ports; 0, which refuses, if there is none. */
  private static int port(IntOrString port, Container container) {
    if (port.getIntVal() != null) {
      return port.getIntVal();
    }
    return container.getPorts().stream()
        .filter(each -> port.getStrVal().equals(each.getName()))
        .mapToInt(ContainerPort::getContainerPort)
        .findFirst()
        .orElse(0);
  }

  /** As the kubelet: a probe asks whether there is an answer, not who gives it. */
  private static SSLContext trustingAll() {
    X509TrustManager all =
        new X509TrustManager() {
          @Override
          public void checkClientTrusted(X509Certificate[] chain, String type) {}

          @Override
          public void checkServerTrusted(X509Certificate[] chain, String type) {}

          @Override
          public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
          }
        };
    try {
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(null, List.<TrustManager>of(all).toArray(TrustManager[]::new), null);
      return context;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }
}
