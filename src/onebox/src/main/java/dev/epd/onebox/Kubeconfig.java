package dev.epd.onebox;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Writes kubeconfig files: self-contained folders are not needed, paths are absolute. */
final class Kubeconfig {
  private Kubeconfig() {}

  static Path withCertificate(Path file, String server, Path ca, Pki.Pair pair) {
    return write(
        file,
        server,
        ca,
        "\"client-certificate\": \"%s\", \"client-key\": \"%s\""
            .formatted(pair.certificate(), pair.key()));
  }

  static Path withToken(Path file, String server, Path ca, String token) {
    return write(file, server, ca, "\"token\": \"%s\"".formatted(token));
  }

  private static Path write(Path file, String server, Path ca, String user) {
    String text =
        """
        apiVersion: v1
        kind: Config
        current-context: onebox
        clusters:
        - name: onebox
          cluster: {"server": "%s", "certificate-authority": "%s"}
        users:
        - name: user
          user: {%s}
        contexts:
        - name: onebox
          context: {"cluster": "onebox", "user": "user"}
        """
            .formatted(server, ca, user);
    try {
      Files.createDirectories(file.getParent());
      return Files.writeString(file, text);
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot write " + file, e);
    }
  }
}
