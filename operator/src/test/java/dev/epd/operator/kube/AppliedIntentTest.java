package dev.epd.operator.kube;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.client.utils.Serialization;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AppliedIntentTest {
  private static final String INTENT =
      """
      apiVersion: apps/v1
      kind: Deployment
      metadata: {name: d, namespace: n, labels: {a: b}}
      spec:
        replicas: 2
        selector: {matchLabels: {a: b}}
        template:
          spec:
            containers:
              - name: main
                image: r:1
                args: [x, z]
                resources: {limits: {cpu: 1500m}}
                env: [{name: A, value: one}, {name: B, value: two}]
            volumes: [{name: tmp, emptyDir: {}}]
      """;

  /** As the API server gives it back: defaults, another order of fields, another's fields. */
  private static final String LIVE =
      """
      apiVersion: apps/v1
      kind: Deployment
      metadata:
        name: d
        namespace: n
        labels: {a: b, theirs: c}
        managedFields:
          - manager: kubectl
            operation: Update
            fieldsV1: {"f:metadata": {"f:labels": {"f:theirs": {}}}}
          - manager: us
            operation: Apply
            fieldsV1:
              "f:metadata": {"f:labels": {"f:a": {}}}
              "f:spec":
                "f:replicas": {}
                "f:selector": {}
                "f:template":
                  "f:spec":
                    "f:containers":
                      'k:{"name":"main"}':
                        ".": {}
                        "f:name": {}
                        "f:image": {}
                        "f:args": {}
                        "f:resources": {"f:limits": {"f:cpu": {}}}
                        "f:env":
                          'k:{"name":"A"}': {".": {}, "f:name": {}, "f:value": {}}
                          'k:{"name":"B"}': {".": {}, "f:name": {}, "f:value": {}}
                    "f:volumes":
                      'k:{"name":"tmp"}': {".": {}, "f:name": {}, "f:emptyDir": {}}
      spec:
        replicas: 2
        selector: {matchLabels: {a: b}}
        template:
          spec:
            restartPolicy: Always
            containers:
              - {name: sidecar, image: theirs}
              - name: main
                image: r:1
                imagePullPolicy: IfNotPresent
                args: [x, z]
                resources: {limits: {cpu: "1.5"}}
                env: [{name: A, value: one}, {name: B, value: two}]
            volumes: [{name: tmp, emptyDir: {}}]
      """;

  @Test
  void defaultsAndOthersFieldsDoNotMatter() {
    assertThat(holds(LIVE, INTENT)).isTrue();
    assertThat(AppliedIntent.holds(read(LIVE), read(INTENT), "somebody")).isFalse();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "replicas: 2 | replicas: 3",
        "image: r:1 | image: r:2",
        "args: [x, z] | args: [z, x]",
        "args: [x, z] | args: [x]",
        "{cpu: 1500m} | {cpu: 2}",
        "{cpu: 1500m} | {cpu: 1500m, memory: 1Gi}",
        "labels: {a: b} | labels: {a: b, c: d}",
        "matchLabels: {a: b} | matchLabels: {a: c}",
        "value: one | value: two",
        "[{name: A, value: one}, {name: B, value: two}] | [{name: B, value: two}, {name: A, value: one}]",
        "[{name: A, value: one}, {name: B, value: two}] | [{name: A, value: one}]",
        "{name: B, value: two} | {name: B, value: two}, {name: C, value: two}",
        "emptyDir: {} | emptyDir: {sizeLimit: 1Gi}",
      })
  void everyChangeOfTheIntentIsSeen(String part, String changed) {
    assertThat(INTENT).contains(part);
    assertThat(holds(LIVE, INTENT.replace(part, changed))).isFalse();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "replicas: 2 | replicas: 3",
        "image: r:1 | image: other",
        "args: [x, z] | args: [x, z, more]",
        "emptyDir: {}}] | hostPath: {path: /}}]",
        "{cpu: \"1.5\"} | {cpu: \"3\"}",
      })
  void everyChangeByOthersIsSeen(String part, String changed) {
    assertThat(LIVE).contains(part);
    assertThat(holds(LIVE.replace(part, changed), INTENT)).isFalse();
  }

  private static boolean holds(String live, String intent) {
    return AppliedIntent.holds(read(live), read(intent), "us");
  }

  private static Deployment read(String yaml) {
    return Serialization.unmarshal(yaml, Deployment.class);
  }
}
