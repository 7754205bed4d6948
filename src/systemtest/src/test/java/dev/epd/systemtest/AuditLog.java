package dev.epd.systemtest;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.stream.Stream;

/** What service accounts asked of the API server, by its own word (audit.k8s.io/v1). */
final class AuditLog {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Path file;
  private final Path policy;

  AuditLog() throws IOException {
    Path folder = Files.createTempDirectory("epd-audit");
    file = folder.resolve("audit.log");
    policy =
        Files.writeString(
            folder.resolve("policy.yaml"),
            """
            apiVersion: audit.k8s.io/v1
            kind: Policy
            omitStages: [RequestReceived, Panic]
            rules:
              - level: Metadata
                userGroups: ["system:serviceaccounts"]
              - level: None
            """);
    file.toFile().deleteOnExit();
    policy.toFile().deleteOnExit();
    folder.toFile().deleteOnExit();
  }

  /** Flags of the API server. */
  String[] flags() {
    return new String[] {"--audit-policy-file=" + policy, "--audit-log-path=" + file};
  }

  /**
   * The rights that an account has used, as {@code group/resource[/subresource] verb}. A
   * server-side apply that created its object has used create and patch; what was asked for in
   * vain, since there is no such object, was asked for all the same.
   *
   * @param account matches namespace and name, such as {@code epd-system:epd-operator}
   */
  Set<String> used(String account) throws IOException {
    Set<String> used = new TreeSet<>();
    read(
        account,
        request -> {
          if (isForbidden(request)) {
            return;
          }
          used.add(right(request));
          if (request.path("verb").asText().equals("patch")
              && request.at("/responseStatus/code").asInt() == 201) {
            used.add(what(request) + " create");
          }
        });
    return used;
  }

  /**
   * What an account asked for and was forbidden, each with the server's words. That nothing new is
   * made in a namespace which ends is no lack of a right.
   *
   * @param account matches namespace and name
   */
  Set<String> forbidden(String account) throws IOException {
    Set<String> forbidden = new TreeSet<>();
    read(
        account,
        request -> {
          String message = request.at("/responseStatus/message").asText();
          if (isForbidden(request) && !message.contains("because it is being terminated")) {
            forbidden.add(right(request) + ": " + message);
          }
        });
    return forbidden;
  }

  private void read(String account, Consumer<JsonNode> each) throws IOException {
    try (Stream<String> lines = Files.lines(file)) {
      for (String line : (Iterable<String>) lines::iterator) {
        JsonNode entry = JSON.readTree(line);
        if (entry.at("/user/username").asText().matches("system:serviceaccount:" + account)
            && !entry.path("objectRef").isMissingNode()) {
          each.accept(entry);
        }
      }
    }
  }

  private static boolean isForbidden(JsonNode request) {
    return request.at("/responseStatus/code").asInt() == 403;
  }

  private static String right(JsonNode request) {
    return what(request) + " " + request.path("verb").asText();
  }

  private static String what(JsonNode request) {
    JsonNode object = request.path("objectRef");
    String sub = object.path("subresource").asText();
    return object.path("apiGroup").asText()
        + "/"
        + object.path("resource").asText()
        + (sub.isEmpty() ? "" : "/" + sub);
  }
}
