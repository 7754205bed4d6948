package dev.epd.operator.kube;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.util.Map;
import org.junit.jupiter.api.Test;

class SharedTreesTest {
  private final KubernetesSerialization json =
      new KubernetesSerialization(new ObjectMapper().registerModule(new SharedTrees()), true);

  @Test
  void equalSubtreesAreHeldOnceAndSayWhatTheySaid() {
    ConfigMap one = object("one");
    ConfigMap two = object("two");

    assertThat(fields(one)).isNotEqualTo(fields(two));
    assertThat(fields(one).get("f:data")).isSameAs(fields(two).get("f:data"));
    assertThat(json.unmarshal(json.asJson(one), ConfigMap.class)).isEqualTo(one);
    assertThat(new KubernetesSerialization().unmarshal(json.asJson(one), ConfigMap.class))
        .as("read without sharing")
        .isEqualTo(one);
  }

  private ConfigMap object(String owner) {
    return json.unmarshal(
        """
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c", "managedFields": [
          {"manager": "m", "operation": "Apply", "fieldsType": "FieldsV1", "fieldsV1":
            {"f:metadata": {"f:ownerReferences": {"k:{\\"uid\\":\\"%s\\"}": {}}},
             "f:data": {"f:a": {}, "f:b": {".": {}, "f:c": {}}}}}]}}
        """
            .formatted(owner),
        ConfigMap.class);
  }

  private static Map<String, Object> fields(ConfigMap object) {
    return object
        .getMetadata()
        .getManagedFields()
        .getFirst()
        .getFieldsV1()
        .getAdditionalProperties();
  }
}
