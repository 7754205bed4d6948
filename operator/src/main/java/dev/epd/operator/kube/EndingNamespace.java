package dev.epd.operator.kube;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.StatusCause;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.javaoperatorsdk.operator.api.reconciler.ErrorStatusUpdateControl;
import java.util.List;
import java.util.Optional;

/**
 * A namespace that is being deleted takes no new objects, while its old ones go one by one: a child
 * that went before its owner can't be made again, and need not be.
 */
public final class EndingNamespace {
  private EndingNamespace() {}

  /** Whether a write failed for this reason, however deep in the chain of causes. */
  public static boolean refused(Throwable failure) {
    for (Throwable t = failure; t != null; t = t.getCause()) {
      if (t instanceof KubernetesClientException refusal
          && causes(refusal).stream().anyMatch(c -> "NamespaceTerminating".equals(c.getReason()))) {
        return true;
      }
    }
    return false;
  }

  /** Ends a reconcile that failed for this reason in peace; every other one is tried again. */
  public static <P extends HasMetadata> ErrorStatusUpdateControl<P> onError(Exception failure) {
    return refused(failure)
        ? ErrorStatusUpdateControl.<P>noStatusUpdate().withNoRetry()
        : ErrorStatusUpdateControl.defaultErrorProcessing();
  }

  private static List<StatusCause> causes(KubernetesClientException refusal) {
    return Optional.ofNullable(refusal.getStatus())
        .flatMap(status -> Optional.ofNullable(status.getDetails()))
        .map(details -> details.getCauses())
        .orElse(List.of());
  }
}
