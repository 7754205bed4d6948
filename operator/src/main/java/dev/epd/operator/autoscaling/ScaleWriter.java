package dev.epd.operator.autoscaling;

import dev.epd.api.v1alpha1.EPDPool;
import dev.epd.api.v1alpha1.EPDPoolStatus;
import dev.epd.operator.kube.Applier;
import dev.epd.operator.kube.PoolPatch;
import dev.epd.planner.FieldManagers;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.http.HttpRequest;
import io.fabric8.kubernetes.client.http.HttpResponse;
import java.net.URI;
import java.util.Map;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** The autoscaler's two writes, both as its own field manager. */
final class ScaleWriter {
  private static final long TIMEOUT_SECONDS = 10;

  private final KubernetesClient client;

  ScaleWriter(KubernetesClient client) {
    this.client = client;
  }

  /**
   * Sets the pool's number of replicas through {@code /scale}. Refused with 409 when the pool has
   * changed since it was read: a former leader, or a decision on an outdated pool, changes nothing.
   *
   * @throws KubernetesClientException when the API server refuses
   */
  void scale(EPDPool seen, int replicas) throws InterruptedException {
    String uri =
        "%sapis/%s/namespaces/%s/%s/%s/scale?fieldManager=%s"
            .formatted(
                client.getMasterUrl(),
                seen.getApiVersion(),
                seen.getMetadata().getNamespace(),
                seen.getPlural(),
                seen.getMetadata().getName(),
                FieldManagers.AUTOSCALER);
    Map<String, Object> patch =
        Map.of(
            "metadata", Map.of("resourceVersion", seen.getMetadata().getResourceVersion()),
            "spec", Map.of("replicas", replicas));
    HttpRequest request =
        client
            .getHttpClient()
            .newHttpRequestBuilder()
            .uri(URI.create(uri))
            .method(
                "PATCH",
                "application/merge-patch+json",
                client.getKubernetesSerialization().asJson(patch))
            .build();
    HttpResponse<String> response = send(request);
    if (!response.isSuccessful()) {
      throw new KubernetesClientException(
          "scaling %s to %d was refused with %d: %s"
              .formatted(seen.getMetadata().getName(), replicas, response.code(), response.body()),
          response.code(),
          null);
    }
  }

  private HttpResponse<String> send(HttpRequest request) throws InterruptedException {
    try {
      return client
          .getHttpClient()
          .sendAsync(request, String.class)
          .get(TIMEOUT_SECONDS, TimeUnit.SECONDS);
    } catch (ExecutionException | CompletionException | TimeoutException e) {
      throw new KubernetesClientException("scaling failed: " + e, e);
    }
  }

  /** Applies the autoscaler's part of the pool's status. */
  void report(EPDPool pool, EPDPoolStatus ours) {
    GenericKubernetesResource intent = PoolPatch.only(pool);
    intent.setAdditionalProperty(
        "status", client.getKubernetesSerialization().convertValue(ours, Map.class));
    client.resource(intent).subresource("status").patch(Applier.force(FieldManagers.AUTOSCALER));
  }
}
