package dev.epd.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** What the API server says it was asked (audit.k8s.io/v1, level Metadata, answered requests). */
final class AuditLog {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Set<String> WRITES = Set.of("create", "update", "patch", "delete");

  /** Leases are renewed for ever and belong to no object of a user's; a review is a question. */
  private static final Set<String> APART = Set.of("leases", "selfsubjectrulesreviews");

  private final Path file;
  private final Path policy;
  private long read;

  AuditLog(Path folder) throws IOException {
    this.file = folder.resolve("audit.log");
    this.policy =
        Files.writeString(
            folder.resolve("audit-policy.yaml"),
            """
            apiVersion: audit.k8s.io/v1
            kind: Policy
            omitStages: [RequestReceived, ResponseStarted, Panic]
            rules:
              - level: None
                verbs: [watch]
              - level: Metadata
            """);
  }

  /** Flags of the API server. */
  String[] flags() {
    return new String[] {
      "--audit-policy-file=" + policy, "--audit-log-path=" + file, "--audit-log-maxsize=4000"
    };
  }

  /**
   * One answered request.
   *
   * @param uri path and query
   * @param resource with its subresource after a slash
   */
  record Request(
      String user,
      String verb,
      String uri,
      String resource,
      String namespace,
      String name,
      int code,
      Instant received,
      Instant answered) {
    boolean isWrite() {
      return WRITES.contains(verb);
    }

    boolean hasCreated() {
      return isWrite() && code == 201;
    }
  }

  /** The requests since the last call, in the order in which they were answered. */
  List<Request> next() throws IOException {
    byte[] bytes;
    try (RandomAccessFile log = new RandomAccessFile(file.toFile(), "r")) {
      log.seek(read);
      bytes = new byte[Math.toIntExact(log.length() - read)];
      log.readFully(bytes);
    }
    String text = new String(bytes, StandardCharsets.UTF_8);
    String whole = text.substring(0, text.lastIndexOf('\n') + 1);
    read += whole.getBytes(StandardCharsets.UTF_8).length;
    List<Request> requests = new ArrayList<>();
    for (String line : whole.lines().toList()) {
      JsonNode entry = JSON.readTree(line);
      JsonNode object = entry.path("objectRef");
      String sub = object.path("subresource").asText();
      String resource = object.path("resource").asText() + (sub.isEmpty() ? "" : "/" + sub);
      if (!APART.contains(resource)) {
        requests.add(
            new Request(
                entry.at("/user/username").asText(),
                entry.path("verb").asText(),
                entry.path("requestURI").asText(),
                resource,
                object.path("namespace").asText(),
                object.path("name").asText(),
                entry.at("/responseStatus/code").asInt(),
                Instant.parse(entry.path("requestReceivedTimestamp").asText()),
                Instant.parse(entry.path("stageTimestamp").asText())));
      }
    }
    return requests;
  }
}
