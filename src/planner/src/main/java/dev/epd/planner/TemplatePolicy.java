package dev.epd.planner;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.epd.api.v1alpha1.Reason;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a pool's {@code template} may not say: parts that the operator owns, and parts that Pod
 * Security {@code restricted} forbids (<a
 * href="https://kubernetes.io/docs/concepts/security/pod-security-standards/">Pod Security
 * Standards</a>). The schema is opaque there, so CEL cannot see it; the message names the path.
 */
final class TemplatePolicy {
  private static final Set<String> LABELS =
      Set.of(Labels.NAME, Labels.INSTANCE, Labels.COMPONENT, Labels.MANAGED_BY);

  /** Fields of the pod that the operator sets. */
  private static final Map<String, String> OWNED_OF_POD =
      Map.of(
          "serviceAccountName", "each pool has its own service account",
          "serviceAccount", "each pool has its own service account",
          "automountServiceAccountToken", "only the gateway gets a token",
          "terminationGracePeriodSeconds", "set drain.timeout of the pool instead",
          "restartPolicy", "pods of a pool are always restarted",
          "activeDeadlineSeconds", "pods of a pool have no deadline",
          "shareProcessNamespace", "the runtime's processes are not shared",
          "ephemeralContainers", "use kubectl debug");

  /** Fields of the container main that the operator sets. */
  private static final Map<String, String> OWNED_OF_MAIN =
      Map.of(
          "image", "set runtime.image of the pool instead",
          "args", "set runtime.args of the pool instead",
          "command", "the image's own entry point is run",
          "ports", "the ports are fixed",
          "livenessProbe", "the operator sets the probes",
          "readinessProbe", "the operator sets the probes",
          "startupProbe", "the operator sets the probes",
          "lifecycle", "the pod drains by itself when it is told to stop");

  private static final Set<String> VOLUMES =
      Set.of(
          PodTemplates.VOLUME_MODELS,
          PodTemplates.VOLUME_SIGNING_KEY,
          PodTemplates.VOLUME_API_KEYS,
          PodTemplates.VOLUME_TMP);

  /** The kinds of volume that Pod Security restricted lets through. */
  private static final Set<String> VOLUME_SOURCES =
      Set.of(
          "configMap",
          "csi",
          "downwardAPI",
          "emptyDir",
          "ephemeral",
          "image",
          "persistentVolumeClaim",
          "projected",
          "secret");

  /** The SELinux types that Pod Security restricted lets through. */
  private static final Set<String> SELINUX_TYPES =
      Set.of("", "container_t", "container_init_t", "container_kvm_t", "container_engine_t");

  /** How a container's AppArmor profile was said before there was a field. */
  private static final String APP_ARMOR = "container.apparmor.security.beta.kubernetes.io/";

  private static final Set<String> RESERVED_ENV =
      Set.of("POD_NAME", "POD_NAMESPACE", "POD_IP", "POD_UID");

  private static final String RESTRICTED = "pods run under Pod Security 'restricted': remove it";

  private TemplatePolicy() {}

  /** The first thing that is refused; empty: the template may be merged. */
  static Optional<Problem> check(ObjectNode template) {
    try {
      walk("template", template);
      for (var field : template.properties()) {
        switch (field.getKey()) {
          case "metadata" -> metadata(object("template.metadata", field.getValue()));
          case "spec" -> pod(object("template.spec", field.getValue()));
          default -> refuse("template." + field.getKey(), "a pod template has metadata and spec");
        }
      }
      return Optional.empty();
    } catch (Refused refused) {
      return Optional.of(new Problem(Reason.SpecInvalid, refused.text));
    }
  }

  /** Nothing can be removed by null or by a patch directive. */
  private static void walk(String path, JsonNode node) {
    if (node.isNull()) {
      refuse(path, "null removes nothing here: leave the field out");
    }
    for (var field : node.properties()) {
      String at = path + "." + field.getKey();
      if (field.getKey().startsWith("$")) {
        refuse(at, "patch directives are not supported");
      }
      TemplateQuantities.firstBad(path, field.getKey(), field.getValue())
          .ifPresent(bad -> refuse(at + bad, "must be a Kubernetes quantity, such as 2 or 512Mi"));
      walk(at, field.getValue());
    }
    if (node.isArray()) {
      for (int i = 0; i < node.size(); i++) {
        walk(path + "[" + i + "]", node.get(i));
      }
    }
  }

  private static void metadata(ObjectNode metadata) {
    for (var field : metadata.properties()) {
      String path = "template.metadata." + field.getKey();
      if (!field.getKey().equals("labels") && !field.getKey().equals("annotations")) {
        refuse(path, "only labels and annotations can be added");
      }
      for (var entry : object(path, field.getValue()).properties()) {
        if (entry.getKey().startsWith("epd.dev/") || LABELS.contains(entry.getKey())) {
          refuse(path + "[" + entry.getKey() + "]", "the operator owns it: use another key");
        }
        if (entry.getKey().startsWith(APP_ARMOR)
            && entry.getValue().asText().equals("unconfined")) {
          refuse(path + "[" + entry.getKey() + "]", RESTRICTED);
        }
      }
    }
  }

  private static void pod(ObjectNode spec) {
    for (var field : spec.properties()) {
      String path = "template.spec." + field.getKey();
      JsonNode value = field.getValue();
      String owned = OWNED_OF_POD.get(field.getKey());
      if (owned != null) {
        refuse(path, "the operator owns it: " + owned);
      }
      switch (field.getKey()) {
        case "hostNetwork", "hostPID", "hostIPC" -> {
          if (!value.isBoolean() || value.asBoolean()) {
            refuse(path, "pods may not share the node's namespaces: remove it");
          }
        }
        case "securityContext" -> securityContext(path, object(path, value));
        case "volumes" -> eachOf(path, value, TemplatePolicy::volume);
        case "containers", "initContainers" -> eachOf(path, value, TemplatePolicy::container);
        default -> {}
      }
    }
  }

  private static void volume(String path, ObjectNode volume) {
    for (var field : volume.properties()) {
      if (field.getKey().equals("hostPath")) {
        refuse(path + ".hostPath", "pods may not reach into the node: use a PersistentVolumeClaim");
      }
      if (!field.getKey().equals("name") && !VOLUME_SOURCES.contains(field.getKey())) {
        refuse(
            path + "." + field.getKey(),
            "Pod Security 'restricted' has no such volumes: use a PersistentVolumeClaim");
      }
    }
    if (VOLUMES.contains(volume.path("name").asText())) {
      refuse(path + ".name", "the operator owns this volume: use another name");
    }
  }

  private static void container(String path, ObjectNode container) {
    String name = container.path("name").asText();
    if (name.isEmpty()) {
      refuse(path + ".name", "give the container a name; the runtime's is " + PodTemplates.MAIN);
    }
    if (name.equals(PodTemplates.MAIN)) {
      main(path, container);
    }
    if (name.equals(ModelFetch.CONTAINER)) {
      refuse(path + ".name", "the operator owns this container: use another name");
    }
    if (container.get("securityContext") instanceof ObjectNode context) {
      securityContext(path + ".securityContext", context);
    }
    eachOf(
        path + ".ports",
        container.get("ports"),
        (at, port) -> {
          if (port.path("hostPort").asInt() != 0) {
            refuse(at + ".hostPort", "pods may not take ports of the node: remove it");
          }
        });
  }

  private static void main(String path, ObjectNode container) {
    if (path.startsWith("template.spec.initContainers")) {
      refuse(path + ".name", "main is the runtime container: use another name");
    }
    for (var field : container.properties()) {
      String owned = OWNED_OF_MAIN.get(field.getKey());
      if (owned != null) {
        refuse(path + "." + field.getKey(), "the operator owns it: " + owned);
      }
    }
    JsonNode readOnly = container.path("securityContext").path("readOnlyRootFilesystem");
    if (!readOnly.isMissingNode() && !(readOnly.isBoolean() && readOnly.asBoolean())) {
      refuse(
          path + ".securityContext.readOnlyRootFilesystem",
          "the runtime writes to volumes alone: remove it");
    }
    eachOf(
        path + ".env",
        container.get("env"),
        (at, env) -> {
          if (RESERVED_ENV.contains(env.path("name").asText())) {
            refuse(at + ".name", "the operator owns this variable: use another name");
          }
        });
    eachOf(
        path + ".volumeMounts",
        container.get("volumeMounts"),
        (at, mount) -> {
          String where = mount.path("mountPath").asText();
          if (isUnder(where, PodTemplates.MODELS)
              || isUnder(where, "/etc/epd")
              || isUnder("/etc/epd", where)
              || isUnder(where, "/tmp")) {
            refuse(at + ".mountPath", "the operator owns this path: mount somewhere else");
          }
        });
  }

  private static boolean isUnder(String path, String folder) {
    return path.equals(folder) || path.startsWith(folder.endsWith("/") ? folder : folder + "/");
  }

  /** Pod Security restricted, for a pod and for a container. */
  private static void securityContext(String path, ObjectNode context) {
    for (var field : context.properties()) {
      String at = path + "." + field.getKey();
      JsonNode value = field.getValue();
      boolean refused =
          switch (field.getKey()) {
            case "privileged", "allowPrivilegeEscalation" -> !isFalse(value);
            case "runAsNonRoot" -> isFalse(value);
            case "runAsUser" -> value.asLong() == 0;
            case "procMount" -> !value.asText().equals("Default");
            case "seccompProfile", "appArmorProfile" ->
                value.path("type").asText().equals("Unconfined");
            case "seLinuxOptions" -> leavesItsDomain(value);
            case "sysctls", "windowsOptions" -> true;
            case "capabilities" -> adds(value);
            default -> false;
          };
      if (refused) {
        refuse(at, RESTRICTED);
      }
    }
  }

  private static boolean leavesItsDomain(JsonNode seLinux) {
    return !SELINUX_TYPES.contains(seLinux.path("type").asText())
        || !seLinux.path("user").asText().isEmpty()
        || !seLinux.path("role").asText().isEmpty();
  }

  private static boolean adds(JsonNode capabilities) {
    for (JsonNode added : capabilities.path("add")) {
      if (!added.asText().equals("NET_BIND_SERVICE")) {
        return true;
      }
    }
    return !capabilities.path("drop").isMissingNode()
        && !capabilities.path("drop").toString().contains("\"ALL\"");
  }

  private static boolean isFalse(JsonNode value) {
    return value.isBoolean() && !value.asBoolean();
  }

  private interface Check {
    void of(String path, ObjectNode item);
  }

  private static void eachOf(String path, @Nullable JsonNode list, Check check) {
    if (list == null) {
      return;
    }
    if (!list.isArray()) {
      refuse(path, "must be a list");
    }
    for (int i = 0; i < list.size(); i++) {
      String at = path + "[" + i + "]";
      check.of(at, object(at, list.get(i)));
    }
  }

  private static ObjectNode object(String path, JsonNode node) {
    if (node instanceof ObjectNode object) {
      return object;
    }
    throw new Refused(path + ": must be an object");
  }

  private static void refuse(String path, String why) {
    throw new Refused(path + ": " + why);
  }

  /** Ends the walk at the first refusal; never leaves this class. */
  private static final class Refused extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private final String text;

    Refused(String text) {
      super(text, null, false, false);
      this.text = text;
    }
  }
}
