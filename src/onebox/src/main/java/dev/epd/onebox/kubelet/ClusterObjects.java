package dev.epd.onebox.kubelet;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.authentication.TokenRequestBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** What a pod refers to, read with the node's own rights. */
record ClusterObjects(KubernetesClient client, String namespace) {

  Optional<Map<String, byte[]>> configMap(String name) throws NotYet {
    var map =
        read(
            "configmap " + name,
            () -> client.configMaps().inNamespace(namespace).withName(name).get());
    return map.map(
        found -> {
          Map<String, byte[]> data = new HashMap<>();
          if (found.getData() != null) {
            found.getData().forEach((k, v) -> data.put(k, v.getBytes(StandardCharsets.UTF_8)));
          }
          if (found.getBinaryData() != null) {
            found.getBinaryData().forEach((k, v) -> data.put(k, Base64.getDecoder().decode(v)));
          }
          return data;
        });
  }

  Optional<Map<String, byte[]>> secret(String name) throws NotYet {
    var secret =
        read("secret " + name, () -> client.secrets().inNamespace(namespace).withName(name).get());
    return secret.map(
        found -> {
          Map<String, byte[]> data = new HashMap<>();
          if (found.getData() != null) {
            found.getData().forEach((k, v) -> data.put(k, Base64.getDecoder().decode(v)));
          }
          return data;
        });
  }

  /** A token of the pod's service account, bound to the pod as a real kubelet does. */
  String token(Pod pod, @org.jspecify.annotations.Nullable String audience, long seconds)
      throws NotYet {
    var request = new TokenRequestBuilder().withNewSpec().withExpirationSeconds(seconds);
    if (audience != null && !audience.isEmpty()) {
      request.withAudiences(audience);
    }
    request
        .withNewBoundObjectRef()
        .withApiVersion("v1")
        .withKind("Pod")
        .withName(pod.getMetadata().getName())
        .withUid(pod.getMetadata().getUid())
        .endBoundObjectRef();
    String account = pod.getSpec().getServiceAccountName();
    return read(
            "token of service account " + account,
            () ->
                client
                    .serviceAccounts()
                    .inNamespace(namespace)
                    .withName(account)
                    .tokenRequest(request.endSpec().build()))
        .map(granted -> granted.getStatus().getToken())
        .orElseThrow(
            () -> new NotYet("ContainerCreating", "service account " + account + " not found"));
  }

  /** The folder behind a claim that is bound to a hostPath or local volume. */
  Path claimFolder(String claim) throws NotYet {
    var found =
        read(
                "claim " + claim,
                () -> client.persistentVolumeClaims().inNamespace(namespace).withName(claim).get())
            .orElseThrow(
                () -> new NotYet("ContainerCreating", "claim \"" + claim + "\" not found"));
    String name = found.getSpec().getVolumeName();
    if (name == null || name.isEmpty()) {
      throw new NotYet("ContainerCreating", "claim \"" + claim + "\" is not bound");
    }
    var volume =
        read("volume " + name, () -> client.persistentVolumes().withName(name).get())
            .orElseThrow(
                () -> new NotYet("ContainerCreating", "volume \"" + name + "\" not found"));
    if (volume.getSpec().getHostPath() != null) {
      return Path.of(volume.getSpec().getHostPath().getPath());
    }
    if (volume.getSpec().getLocal() != null) {
      return Path.of(volume.getSpec().getLocal().getPath());
    }
    throw new NotYet(
        "ContainerCreating",
        "volume \"%s\" is neither hostPath nor local; onebox has no other kind".formatted(name));
  }

  private interface Read<T> {
    @org.jspecify.annotations.Nullable
    T get();
  }

  private static <T> Optional<T> read(String what, Read<T> read) throws NotYet {
    try {
      return Optional.ofNullable(read.get());
    } catch (KubernetesClientException e) {
      throw new NotYet("ContainerCreating", "cannot read " + what + ": " + e.getMessage());
    }
  }
}
