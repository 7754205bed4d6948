package dev.epd.operator.faults;

import dev.epd.onebox.ControlPlane;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** A service account with the operator's rights, which can be taken from it alone. */
final class Account {
  private static final String OPERATORS = "epd-system";

  private final KubernetesClient admin;
  private final String name;
  private final Path kubeconfig;

  Account(ControlPlane kube, String name) {
    this.admin = kube.client();
    this.name = name;
    apply(
        """
        apiVersion: v1
        kind: ServiceAccount
        metadata: {name: %1$s, namespace: epd-system}
        ---
        apiVersion: rbac.authorization.k8s.io/v1
        kind: RoleBinding
        metadata: {name: %1$s, namespace: epd-system}
        roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: epd-operator-leader}
        subjects: [{kind: ServiceAccount, name: %1$s, namespace: epd-system}]
        """);
    restore();
    this.kubeconfig = kube.kubeconfigFor(OPERATORS, name);
  }

  Path kubeconfig() {
    return kubeconfig;
  }

  /** Takes every right but that to the lease. */
  void revoke() {
    admin.rbac().clusterRoleBindings().withName(name).delete();
  }

  void restore() {
    apply(
        """
        apiVersion: rbac.authorization.k8s.io/v1
        kind: ClusterRoleBinding
        metadata: {name: %1$s}
        roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: epd-operator}
        subjects: [{kind: ServiceAccount, name: %1$s, namespace: epd-system}]
        """);
  }

  private void apply(String yaml) {
    admin
        .load(new ByteArrayInputStream(yaml.formatted(name).getBytes(StandardCharsets.UTF_8)))
        .forceConflicts()
        .serverSideApply();
  }
}
