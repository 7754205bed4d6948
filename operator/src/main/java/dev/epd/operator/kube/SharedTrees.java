package dev.epd.operator.kube;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.BeanDescription;
import com.fasterxml.jackson.databind.DeserializationConfig;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.JsonDeserializer;
import com.fasterxml.jackson.databind.deser.BeanDeserializerModifier;
import com.fasterxml.jackson.databind.deser.std.DelegatingDeserializer;
import com.fasterxml.jackson.databind.module.SimpleModule;
import io.fabric8.kubernetes.api.model.FieldsV1;
import java.io.IOException;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Jackson: which fields a manager holds differs little from object to object of a kind, yet as
 * trees of maps it is most of what a watched object weighs. Equal subtrees are held once; they
 * cannot be changed.
 */
public final class SharedTrees extends SimpleModule {
  private static final long serialVersionUID = 1L;

  private final transient Shared<Map<String, Object>> trees = new Shared<>();

  /** Holds nothing yet. */
  public SharedTrees() {
    setDeserializerModifier(
        new BeanDeserializerModifier() {
          @Override
          public JsonDeserializer<?> modifyDeserializer(
              DeserializationConfig config,
              BeanDescription description,
              JsonDeserializer<?> deserializer) {
            return description.getBeanClass() == FieldsV1.class
                ? new Fields(deserializer)
                : deserializer;
          }
        });
  }

  private final class Fields extends DelegatingDeserializer {
    private static final long serialVersionUID = 1L;

    Fields(JsonDeserializer<?> fields) {
      super(fields);
    }

    @Override
    protected JsonDeserializer<?> newDelegatingInstance(JsonDeserializer<?> fields) {
      return new Fields(fields);
    }

    @Override
    public Object deserialize(JsonParser parser, DeserializationContext context)
        throws IOException {
      FieldsV1 fields = (FieldsV1) super.deserialize(parser, context);
      fields.setAdditionalProperties(shared(fields.getAdditionalProperties()));
      return fields;
    }
  }

  private Map<String, Object> shared(Map<String, Object> tree) {
    if (tree.isEmpty()) {
      return Collections.emptyMap();
    }
    Map<String, Object> copy = new LinkedHashMap<>(tree.size() * 2);
    tree.forEach((name, value) -> copy.put(name, sharedValue(value)));
    return trees.of(Collections.unmodifiableMap(copy));
  }

  @SuppressWarnings("unchecked") // the keys of a JSON object are texts
  private Object sharedValue(Object value) {
    return value instanceof Map<?, ?> map ? shared((Map<String, Object>) map) : value;
  }
}
