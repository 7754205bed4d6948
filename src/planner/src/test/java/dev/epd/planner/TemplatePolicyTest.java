package dev.epd.planner;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.epd.api.v1alpha1.Reason;
import io.fabric8.kubernetes.client.utils.Serialization;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TemplatePolicyTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{kind: Pod} | template.kind: a pod template has metadata and spec",
        "{metadata: {name: x}} | template.metadata.name: only labels and annotations",
        "{metadata: {labels: {epd.dev/role: decode}}} | template.metadata.labels[epd.dev/role]: the operator owns it",
        "{metadata: {labels: {app.kubernetes.io/name: x}}} | template.metadata.labels[app.kubernetes.io/name]:",
        "{metadata: {annotations: {epd.dev/x: y}}} | template.metadata.annotations[epd.dev/x]:",
        "{spec: {hostNetwork: true}} | template.spec.hostNetwork: pods may not share",
        "{spec: {hostPID: true}} | template.spec.hostPID:",
        "{spec: {hostIPC: true}} | template.spec.hostIPC:",
        "{spec: {serviceAccountName: admin}} | template.spec.serviceAccountName: the operator owns it",
        "{spec: {serviceAccount: admin}} | template.spec.serviceAccount:",
        "{spec: {automountServiceAccountToken: true}} | template.spec.automountServiceAccountToken:",
        "{spec: {terminationGracePeriodSeconds: 1}} | template.spec.terminationGracePeriodSeconds: the operator owns it: set drain.timeout",
        "{spec: {restartPolicy: Never}} | template.spec.restartPolicy:",
        "{spec: {volumes: [{name: a, hostPath: {path: /}}]}} | template.spec.volumes[0].hostPath: pods may not reach into the node",
        "{spec: {volumes: [{name: a, nfs: {server: s, path: /}}]}} | template.spec.volumes[0].nfs: Pod Security 'restricted' has no such volumes",
        "{spec: {volumes: [{name: signing-key, emptyDir: {}}]}} | template.spec.volumes[0].name: the operator owns this volume",
        "{spec: {volumes: {name: a}}} | template.spec.volumes: must be a list",
        "{spec: {securityContext: {runAsUser: 0}}} | template.spec.securityContext.runAsUser: pods run under",
        "{spec: {securityContext: {runAsNonRoot: false}}} | template.spec.securityContext.runAsNonRoot:",
        "{spec: {securityContext: {seccompProfile: {type: Unconfined}}}} | template.spec.securityContext.seccompProfile:",
        "{spec: {securityContext: {appArmorProfile: {type: Unconfined}}}} | template.spec.securityContext.appArmorProfile: pods run under",
        "{spec: {securityContext: {seLinuxOptions: {type: spc_t}}}} | template.spec.securityContext.seLinuxOptions: pods run under",
        "{spec: {securityContext: {seLinuxOptions: {user: system_u}}}} | template.spec.securityContext.seLinuxOptions: pods run under",
        "{spec: {containers: [{name: s, securityContext: {seLinuxOptions: {role: system_r}}}]}} | template.spec.containers[0].securityContext.seLinuxOptions:",
        "{spec: {containers: [{name: main, securityContext: {appArmorProfile: {type: Unconfined}}}]}} | template.spec.containers[0].securityContext.appArmorProfile:",
        "{metadata: {annotations: {container.apparmor.security.beta.kubernetes.io/main: unconfined}}} | template.metadata.annotations[container.apparmor.security.beta.kubernetes.io/main]: pods run under",
        "{spec: {containers: [{name: main, securityContext: {readOnlyRootFilesystem: false}}]}} | template.spec.containers[0].securityContext.readOnlyRootFilesystem: the runtime writes to volumes alone",
        "{spec: {securityContext: null}} | template.spec.securityContext: null removes nothing",
        "{spec: {containers: [{name: main, $patch: delete}]}} | template.spec.containers[0].$patch: patch directives",
        "{spec: {containers: [{image: x}]}} | template.spec.containers[0].name: give the container a name",
        "{spec: {containers: [{name: main, image: x}]}} | template.spec.containers[0].image: the operator owns it: set runtime.image",
        "{spec: {containers: [{name: main, args: [a]}]}} | template.spec.containers[0].args:",
        "{spec: {containers: [{name: main, command: [sh]}]}} | template.spec.containers[0].command:",
        "{spec: {containers: [{name: main, readinessProbe: {}}]}} | template.spec.containers[0].readinessProbe:",
        "{spec: {containers: [{name: main, env: [{name: POD_IP, value: x}]}]}} | template.spec.containers[0].env[0].name:",
        "{spec: {containers: [{name: main, volumeMounts: [{name: a, mountPath: /models/x}]}]}} | template.spec.containers[0].volumeMounts[0].mountPath:",
        "{spec: {containers: [{name: main, volumeMounts: [{name: a, mountPath: /etc}]}]}} | template.spec.containers[0].volumeMounts[0].mountPath:",
        "{spec: {containers: [{name: s, securityContext: {privileged: true}}]}} | template.spec.containers[0].securityContext.privileged:",
        "{spec: {containers: [{name: s, securityContext: {allowPrivilegeEscalation: true}}]}} | template.spec.containers[0].securityContext.allowPrivilegeEscalation:",
        "{spec: {containers: [{name: s, securityContext: {capabilities: {add: [SYS_ADMIN]}}}]}} | template.spec.containers[0].securityContext.capabilities:",
        "{spec: {containers: [{name: s, ports: [{containerPort: 1, hostPort: 1}]}]}} | template.spec.containers[0].ports[0].hostPort:",
        "{spec: {initContainers: [{name: main, image: x}]}} | template.spec.initContainers[0].name: main is the runtime container",
        "{spec: {containers: [{name: main, resources: {limits: {memory: lots}}}]}} | template.spec.containers[0].resources.limits.memory: must be a Kubernetes quantity",
        "{spec: {containers: [{name: main, resources: {requests: {cpu: 1e999999999}}}]}} | template.spec.containers[0].resources.requests.cpu: must be a Kubernetes quantity",
        "{spec: {volumes: [{name: more, emptyDir: {sizeLimit: big}}]}} | template.spec.volumes[0].emptyDir.sizeLimit: must be a Kubernetes quantity",
        "{spec: {initContainers: [{name: fetch-model, image: x}]}} | template.spec.initContainers[0].name: the operator owns this container",
        "{spec: 3} | template.spec: must be an object",
      })
  void refusesByPath(String template, String message) {
    assertThat(TemplatePolicy.check(parse(template)))
        .hasValueSatisfying(
            problem -> {
              assertThat(problem.reason()).isEqualTo(Reason.SpecInvalid);
              assertThat(problem.message()).startsWith(message);
            });
  }

  @Test
  void letsThroughWhatPodsMayHave() {
    String template =
        """
        metadata: {labels: {team: a}, annotations: {sidecar.istio.io/inject: "false"}}
        spec:
          nodeSelector: {zone: a}
          affinity: {}
          hostNetwork: false
          priorityClassName: high
          runtimeClassName: nvidia
          securityContext: {fsGroup: 100, runAsUser: 1000, seLinuxOptions: {level: "s0:c1,c2", type: container_t}, appArmorProfile: {type: Localhost, localhostProfile: p}}
          volumes: [{name: v, persistentVolumeClaim: {claimName: x}}]
          containers:
            - {name: main, env: [{name: A, value: b}], resources: {limits: {rdma/hca: 1, memory: 1.5Gi}, requests: {cpu: "500m"}}}
            - {name: s, image: i, securityContext: {capabilities: {drop: [ALL]}, privileged: false, readOnlyRootFilesystem: false}}
        """;
    assertThat(TemplatePolicy.check(parse(template))).isEmpty();
  }

  private static ObjectNode parse(String yaml) {
    // A text that begins with a brace is taken for JSON.
    return Serialization.unmarshal("---\n" + yaml, ObjectNode.class);
  }
}
