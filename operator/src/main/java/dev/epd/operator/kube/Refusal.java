package dev.epd.operator.kube;

import dev.epd.api.v1alpha1.Reason;
import dev.epd.planner.Problem;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.net.HttpURLConnection;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * An API server that says no to an object: trying again with the same object gives the same answer,
 * so it is a condition for people to read and no error to retry at once.
 */
public final class Refusal {
  private static final int UNPROCESSABLE = 422;
  private static final Set<Integer> FINAL =
      Set.of(
          HttpURLConnection.HTTP_BAD_REQUEST,
          HttpURLConnection.HTTP_FORBIDDEN,
          HttpURLConnection.HTTP_ENTITY_TOO_LARGE,
          UNPROCESSABLE);

  /**
   * Answered as if the server had failed (500): an object whose shape is wrong inside, and a
   * webhook of somebody's that does not answer.
   */
  private static final List<String> SAID =
      List.of(
          "unable to convert unstructured object",
          "failed to create typed patch object",
          "failed calling webhook");

  private Refusal() {}

  /** What to report of a failed apply; empty: not a refusal, throw it on. */
  public static Optional<Problem> of(KubernetesClientException failure, HasMetadata object) {
    String said =
        failure.getStatus() == null || failure.getStatus().getMessage() == null
            ? String.valueOf(failure.getMessage())
            : failure.getStatus().getMessage();
    boolean isFinal = FINAL.contains(failure.getCode()) || SAID.stream().anyMatch(said::contains);
    if (!isFinal || EndingNamespace.refused(failure)) {
      return Optional.empty();
    }
    Reason reason = said.contains("exceeded quota") ? Reason.QuotaExceeded : Reason.ObjectRefused;
    return Optional.of(
        new Problem(
            reason, "%s %s: %s".formatted(object.getKind(), object.getMetadata().getName(), said)));
  }
}
