package dev.epd.operator.kube;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.BeanDescription;
import com.fasterxml.jackson.databind.DeserializationConfig;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.JsonDeserializer;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.deser.BeanDeserializerModifier;
import com.fasterxml.jackson.databind.deser.std.DelegatingDeserializer;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.CustomResource;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Jackson: a custom resource that this version cannot read, such as one that a newer version's
 * definition let in, comes without its spec and says why. An informer that throws instead stops,
 * and the framework ends the whole operator for it, at every start, until somebody deletes the
 * object.
 *
 * <p>A status that cannot be read is left out: it is this operator's to write anew.
 */
public final class Unreadable extends SimpleModule {
  private static final long serialVersionUID = 1L;

  /** Of objects in memory alone; nothing is ever written that was read. */
  private static final String WHY = "epd.dev/unreadable";

  private static final String SPEC = "spec";
  private static final List<List<String>> LEFT_OUT =
      List.of(List.of("status"), List.of(SPEC), List.of(SPEC, "status"));

  /** Holds for all custom resources. */
  public Unreadable() {
    setDeserializerModifier(
        new BeanDeserializerModifier() {
          @Override
          public JsonDeserializer<?> modifyDeserializer(
              DeserializationConfig config,
              BeanDescription description,
              JsonDeserializer<?> deserializer) {
            return CustomResource.class.isAssignableFrom(description.getBeanClass())
                ? new Tolerant(deserializer)
                : deserializer;
          }
        });
  }

  /** Where its spec cannot be read, and why; empty: it has its spec, whatever users annotate. */
  public static Optional<String> why(CustomResource<?, ?> object) {
    return object.getSpec() != null
        ? Optional.empty()
        : Optional.ofNullable(object.getMetadata().getAnnotations()).map(all -> all.get(WHY));
  }

  private static final class Tolerant extends DelegatingDeserializer {
    private static final long serialVersionUID = 1L;

    Tolerant(JsonDeserializer<?> resource) {
      super(resource);
    }

    @Override
    protected JsonDeserializer<?> newDelegatingInstance(JsonDeserializer<?> resource) {
      return new Tolerant(resource);
    }

    @Override
    public Object deserialize(JsonParser parser, DeserializationContext context)
        throws IOException {
      ObjectNode whole = parser.readValueAsTree();
      try {
        return read(whole, parser, context);
      } catch (JsonProcessingException e) {
        for (List<String> without : LEFT_OUT) {
          Object rest = readOrNull(whole.deepCopy().without(without), parser, context);
          if (rest instanceof HasMetadata object) {
            if (without.contains(SPEC)) {
              say(object, text(e));
            }
            return object;
          }
        }
        throw e;
      }
    }

    private @Nullable Object readOrNull(
        JsonNode tree, JsonParser parser, DeserializationContext context) throws IOException {
      try {
        return read(tree, parser, context);
      } catch (JsonProcessingException e) {
        return null;
      }
    }

    private Object read(JsonNode tree, JsonParser parser, DeserializationContext context)
        throws IOException {
      try (JsonParser again = tree.traverse(parser.getCodec())) {
        again.nextToken();
        return super.deserialize(again, context);
      }
    }
  }

  private static void say(HasMetadata object, String why) {
    @Nullable Map<String, String> given = object.getMetadata().getAnnotations();
    Map<String, String> annotations = given == null ? new HashMap<>() : new HashMap<>(given);
    annotations.put(WHY, why);
    object.getMetadata().setAnnotations(annotations);
  }

  private static String text(JsonProcessingException failure) {
    String path =
        failure instanceof JsonMappingException mapping
            ? mapping.getPath().stream()
                .map(JsonMappingException.Reference::getFieldName)
                .filter(name -> name != null)
                .collect(Collectors.joining("."))
            : "";
    String said = failure.getOriginalMessage().lines().findFirst().orElse("");
    return "%s cannot be read by this version of the operator: %s"
        .formatted(path.isEmpty() ? SPEC : path, said);
  }
}
