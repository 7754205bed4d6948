package dev.epd.operator.walks;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.List;

/** Values for fields whose schema says nothing of them. */
final class OpenValues {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** Numbers, quantities and percentages: each is right somewhere and wrong elsewhere. */
  static final List<String> AMOUNTS =
      List.of(
          "0",
          "1",
          "-1",
          "3000000000",
          "9223372036854775807",
          "\"1\"",
          "\"2Gi\"",
          "\"500m\"",
          "\"1e3\"",
          "\"1E\"",
          "\"8Ei\"",
          "\"0.000000000001\"",
          "\"1e999999999\"",
          "\"1e400\"",
          "\"25%\"",
          "\"100%\"",
          "\"0%\"",
          "\"101%\"",
          "\"lots\"",
          "\"\"",
          "\" 1\"",
          "\"+1\"",
          "\"0x10\"");

  private static final List<String> TEMPLATES =
      List.of(
          "{}",
          "{\"metadata\":{}}",
          "{\"metadata\":{\"labels\":{\"team\":\"a\"},\"annotations\":{\"note\":\"x\"}}}",
          "{\"metadata\":{\"labels\":{\"no label\":\"a\"}}}",
          "{\"metadata\":{\"labels\":{\"team\":5}}}",
          "{\"metadata\":{\"labels\":[]}}",
          "{\"metadata\":{\"name\":\"x\"}}",
          "{\"metadata\":{\"labels\":{\"epd.dev/role\":\"decode\"}}}",
          "{\"metadata\":5}",
          "{\"spec\":5}",
          "{\"spec\":{}}",
          "{\"spec\":[]}",
          "{\"speck\":{}}",
          "{\"spec\":{\"hostNetwork\":true}}",
          "{\"spec\":{\"hostname\":7}}",
          "{\"spec\":{\"hostname\":\"NOT A NAME\"}}",
          "{\"spec\":{\"nodeSelector\":{\"disk\":\"ssd\"}}}",
          "{\"spec\":{\"nodeSelector\":\"ssd\"}}",
          "{\"spec\":{\"tolerations\":\"all\"}}",
          "{\"spec\":{\"tolerations\":[{\"operator\":\"Exists\"}]}}",
          "{\"spec\":{\"tolerations\":[{\"operator\":\"Exits\"}]}}",
          "{\"spec\":{\"topologySpreadConstraints\":[{}]}}",
          "{\"spec\":{\"volumes\":[]}}",
          "{\"spec\":{\"volumes\":[{\"name\":\"more\",\"emptyDir\":{}}]}}",
          "{\"spec\":{\"volumes\":[{\"name\":\"more\",\"emptyDir\":{\"sizeLimit\":\"big\"}}]}}",
          "{\"spec\":{\"volumes\":[{\"name\":\"more\",\"hostPath\":{\"path\":\"/\"}}]}}",
          "{\"spec\":{\"volumes\":[{\"emptyDir\":{}}]}}",
          "{\"spec\":{\"volumes\":[7]}}",
          "{\"spec\":{\"volumes\":{\"name\":\"more\"}}}",
          "{\"spec\":{\"containers\":{}}}",
          "{\"spec\":{\"containers\":[{}]}}",
          "{\"spec\":{\"containers\":[{\"name\":\"side\"}]}}",
          "{\"spec\":{\"containers\":[{\"name\":\"side\",\"image\":\"i\"}]}}",
          "{\"spec\":{\"containers\":[{\"name\":\"side\",\"image\":\"i\",\"typo\":1}]}}",
          "{\"spec\":{\"containers\":[{\"name\":\"side\",\"image\":\"i\",\"securityContext\":{\"privileged\":true}}]}}",
          "{\"spec\":{\"containers\":[{\"name\":\"side\",\"image\":\"i\",\"securityContext\":\"none\"}]}}",
          "{\"spec\":{\"containers\":[{\"name\":\"main\",\"image\":\"i\"}]}}",
          "{\"spec\":{\"containers\":[{\"name\":\"main\",\"resources\":{\"limits\":{\"memory\":\"lots\"}}}]}}",
          "{\"spec\":{\"containers\":[{\"name\":\"main\",\"resources\":{\"limits\":{\"memory\":\"1Mi\"}}}]}}",
          "{\"spec\":{\"containers\":[{\"name\":\"main\",\"env\":[{\"name\":\"A\",\"value\":\"1\"}]}]}}",
          "{\"spec\":{\"containers\":[{\"name\":\"main\",\"env\":[{\"value\":\"1\"}]}]}}",
          "{\"spec\":{\"containers\":[{\"name\":\"main\",\"env\":[{\"name\":\"A\",\"value\":1}]}]}}",
          "{\"spec\":{\"containers\":[{\"name\":\"main\",\"volumeMounts\":[{\"name\":\"gone\",\"mountPath\":\"/x\"}]}]}}",
          "{\"spec\":{\"initContainers\":[{\"name\":\"before\",\"image\":\"i\",\"restartPolicy\":\"Never\"}]}}",
          "{\"spec\":{\"priority\":5}}",
          "{\"spec\":{\"unknown\":{\"a\":1}}}",
          "{\"spec\":{\"securityContext\":{\"runAsUser\":0}}}",
          "{\"spec\":{\"securityContext\":{\"fsGroup\":\"staff\"}}}",
          "{\"spec\":{\"dnsPolicy\":\"Sometimes\"}}");

  private static final List<String> AFFINITIES =
      List.of(
          "{}",
          "{\"nodeAffinity\":{}}",
          "{\"nodeAffinity\":5}",
          "{\"nodeAffinty\":{}}",
          "{\"nodeAffinity\":{\"requiredDuringSchedulingIgnoredDuringExecution\":{\"nodeSelectorTerms\":[]}}}",
          "{\"nodeAffinity\":{\"requiredDuringSchedulingIgnoredDuringExecution\":{\"nodeSelectorTerms\":[{\"matchExpressions\":[{\"key\":\"a\",\"operator\":\"Exists\"}]}]}}}",
          "{\"nodeAffinity\":{\"requiredDuringSchedulingIgnoredDuringExecution\":{\"nodeSelectorTerms\":[{\"matchExpressions\":[{\"key\":\"a\",\"operator\":\"In\"}]}]}}}",
          "{\"podAntiAffinity\":{\"preferredDuringSchedulingIgnoredDuringExecution\":[{\"weight\":\"heavy\"}]}}",
          "{\"podAntiAffinity\":{\"requiredDuringSchedulingIgnoredDuringExecution\":[{\"topologyKey\":\"kubernetes.io/hostname\",\"labelSelector\":{\"matchLabels\":{\"a\":\"b\"}}}]}}");

  private OpenValues() {}

  static List<String> of(String field) {
    return field.equals("affinity") ? AFFINITIES : TEMPLATES;
  }

  static JsonNode parse(String text) {
    try {
      return JSON.readTree(text);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(text, e);
    }
  }
}
