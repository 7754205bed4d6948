package dev.epd.operator;

import static dev.epd.operator.OperatorWorld.admin;
import static dev.epd.operator.OperatorWorld.events;
import static dev.epd.operator.OperatorWorld.eventually;
import static dev.epd.operator.OperatorWorld.kube;
import static org.assertj.core.api.Assertions.assertThat;

import dev.epd.api.v1alpha1.EPDCluster;
import dev.epd.api.v1alpha1.EPDPool;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.client.readiness.Readiness;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Every sample as it stands, in a namespace that admits only restricted pods, to its last pod. */
@ExtendWith(OperatorWorld.class)
class ApiServerSamplesTest {
  private static final String RESTRICTED = "pod-security.kubernetes.io/enforce";

  @Test
  void everySampleGetsAllItsPodsAdmitted() throws IOException {
    List<String> namespaces = new ArrayList<>();
    try (Stream<Path> files = Files.list(Path.of(OperatorWorld.root("config/samples")))) {
      for (Path file : files.filter(f -> f.toString().endsWith(".yaml")).sorted().toList()) {
        namespaces.add(applied(file));
      }
    }
    assertThat(namespaces).hasSizeGreaterThanOrEqualTo(12);
    for (String ns : namespaces) {
      eventually(() -> assertThatAllPodsAreThere(ns));
      assertThat(events(ns)).as(ns).noneMatch(event -> event.startsWith("FailedCreate"));
    }
    namespaces.forEach(ns -> admin.resources(EPDCluster.class).inNamespace(ns).delete());
  }

  /** Returns the namespace. */
  private static String applied(Path file) throws IOException {
    boolean hasOwn = Files.readString(file).contains("kind: Namespace\n");
    String name = "sample-" + file.getFileName().toString().replace(".yaml", "");
    if (hasOwn) {
      kube.kubectl("apply", "-f", file.toString()).orThrow();
      name =
          admin.resources(EPDCluster.class).inAnyNamespace().list().getItems().stream()
              .map(cluster -> cluster.getMetadata().getNamespace())
              .filter(ns -> ns.startsWith("team-"))
              .findFirst()
              .orElseThrow();
      kube.kubectl("label", "namespace", name, "--overwrite", RESTRICTED + "=restricted").orThrow();
    } else {
      admin
          .resource(
              new NamespaceBuilder()
                  .withNewMetadata()
                  .withName(name)
                  .addToLabels(RESTRICTED, "restricted")
                  .endMetadata()
                  .build())
          .create();
      kube.kubectl("apply", "-n", name, "-f", file.toString()).orThrow();
    }
    return name;
  }

  private static void assertThatAllPodsAreThere(String ns) {
    EPDCluster cluster =
        admin.resources(EPDCluster.class).inNamespace(ns).list().getItems().getFirst();
    List<EPDPool> pools = admin.resources(EPDPool.class).inNamespace(ns).list().getItems();
    assertThat(pools).as(ns).hasSize(cluster.getSpec().roles().size());
    List<Deployment> deployments = admin.apps().deployments().inNamespace(ns).list().getItems();
    assertThat(deployments).as(ns).hasSameSizeAs(pools);
    int wanted = pools.stream().mapToInt(pool -> pool.getSpec().podsWanted()).sum();
    assertThat(
            deployments.stream()
                .mapToInt(d -> Objects.requireNonNullElse(d.getSpec().getReplicas(), 1))
                .sum())
        .as(ns)
        .isEqualTo(wanted);
    assertThat(admin.pods().inNamespace(ns).list().getItems())
        .as(ns)
        .hasSize(wanted)
        .allMatch(Readiness::isPodReady);
  }
}
