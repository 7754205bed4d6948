package dev.epd.operator.kube;

/**
 * Informers begin with a list of what is. Without a limit the client asks for a list of any age,
 * which an API server that lags answers with a state of the past: an operator that starts then
 * would undo what has been done since. A list in pages is asked for without an age, and so is of
 * now (<a href="https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-versions">API
 * concepts</a>).
 */
public final class FreshLists {
  /**
   * Objects in a page. Every informer reads one at the same time when the operator starts: at 500
   * that filled 256 MiB of heap where there were a thousand clusters.
   */
  public static final long LIMIT = 100;

  private FreshLists() {}
}
