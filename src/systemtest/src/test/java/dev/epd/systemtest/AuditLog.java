package dev.epd.systemtest;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
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
    try (Stream<String> lines = Files.lines(file)) {
      for (String line : (Iterable<String>) lines::iterator) {
        JsonNode entry = JSON.readTree(line);
        JsonNode object = entry.path("objectRef");
        if (!entry.at("/user/username").asText().matches("system:serviceaccount:" + account)
            || object.isMissingNode()
            || entry.at("/responseStatus/code").asInt() == 403) {
          continue;
        }
        String sub = object.path("subresource").asText();
        String what =
            object.path("apiGroup").asText()
                + "/"
                + object.path("resource").asText()
                + (sub.isEmpty() ? "" : "/" + sub);
        used.add(what + " " + entry.path("verb").asText());
        if (entry.path("verb").asText().equals("patch")
            && entry.at("/responseStatus/code").asInt() == 201) {
          used.add(what + " create");
        }
      }
    }
    return used;
  }
}
