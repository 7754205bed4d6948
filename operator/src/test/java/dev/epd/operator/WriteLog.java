package dev.epd.operator;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.epd.operator.kube.SharedTrees;
import dev.epd.operator.kube.Unreadable;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.http.BasicBuilder;
import io.fabric8.kubernetes.client.http.HttpRequest;
import io.fabric8.kubernetes.client.http.Interceptor;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** A client that remembers every request that is not a read: also those that change nothing. */
final class WriteLog implements Interceptor {
  private final List<String> writes = new CopyOnWriteArrayList<>();

  KubernetesClient client(Path kubeconfig) {
    return new KubernetesClientBuilder()
        .withConfig(Config.fromKubeconfig(kubeconfig.toFile()))
        .withKubernetesSerialization(
            new KubernetesSerialization(
                new ObjectMapper().registerModules(new SharedTrees(), new Unreadable()), true))
        .withHttpClientBuilderConsumer(b -> b.addOrReplaceInterceptor("writes", this))
        .build();
  }

  @Override
  public void before(BasicBuilder builder, HttpRequest request, RequestTags tags) {
    if (!"GET".equals(request.method())) {
      writes.add(request.method() + " " + request.uri().getPath());
    }
  }

  List<String> in(String namespace) {
    return writes.stream().filter(w -> w.contains("/namespaces/" + namespace + "/")).toList();
  }
}
