package dev.epd.operator.faults;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.client.utils.Serialization;

/**
 * What a watch tells of one object.
 *
 * @param resource the kind's plural, such as pods
 * @param type ADDED, MODIFIED, DELETED, BOOKMARK or ERROR
 * @param object the object's name; that of a bookmark is empty
 */
record WatchEvent(String resource, String type, String object, Frame frame) {

  static WatchEvent of(String resource, Frame frame) {
    try {
      JsonNode tree = Serialization.jsonMapper().readTree(frame.payload());
      return new WatchEvent(
          resource, tree.path("type").asText(), tree.at("/object/metadata/name").asText(), frame);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("not a watch event: " + frame.text(), e);
    } catch (java.io.IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  /** What an API server says whose history does not reach back to where a watch begins. */
  static Frame gone() {
    return Frame.text(
        """
        {"type":"ERROR","object":{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure",\
        "message":"too old resource version: 1 (2)","reason":"Expired","code":410}}
        """);
  }

  /** The same object, told of as new. */
  WatchEvent asAdded() {
    return new WatchEvent(
        resource,
        "ADDED",
        object,
        Frame.text(frame.text().replaceFirst("\"type\":\"[A-Z]+\"", "\"type\":\"ADDED\"")));
  }
}
