package dev.epd.operator.kube;

import dev.epd.operator.kube.CompactStore.Belonging;
import dev.epd.planner.Labels;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.informers.cache.ItemStore;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import io.javaoperatorsdk.operator.api.config.ControllerConfigurationOverrider;
import io.javaoperatorsdk.operator.api.config.informer.InformerEventSourceConfiguration;
import io.javaoperatorsdk.operator.api.reconciler.EventSourceContext;
import java.util.Set;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

/**
 * Informers that begin with what is, and hold little.
 *
 * <p>Without a limit the client asks for a list of any age, which an API server that lags answers
 * with a state of the past: an operator that starts then would undo what has been done since. A
 * list in pages is asked for without an age, and so is of now (<a
 * href="https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-versions">API
 * concepts</a>).
 *
 * <p>What belongs to whom is told by labels and indexes and never asked of the framework, whose own
 * index of it is left out.
 */
public final class Informers {
  /**
   * Objects in a page. Every informer reads one at the same time when the operator starts: at 500
   * that filled 256 MiB of heap where there were a thousand clusters.
   */
  public static final long PAGE = 100;

  /** By which the mappers tell whose an object is, besides its owners. */
  private static final Set<String> WHOSE = Set.of(Labels.CLUSTER, Labels.ROLE);

  private static final Shared<Belonging> BELONGINGS = new Shared<>();

  private Informers() {}

  /** Of objects as they are. */
  public static <R extends HasMetadata, P extends HasMetadata>
      InformerEventSourceConfiguration.Builder<R> of(Class<R> type, EventSourceContext<P> context) {
    return InformerEventSourceConfiguration.from(type, context.getPrimaryResourceClass())
        .withInformerListLimit(PAGE)
        .<P>withPrimaryToSecondaryMapper(owner -> Set.of());
  }

  /**
   * Of objects that are many and seldom looked at. Those that are walked over rather than got say
   * only what they are and whose.
   *
   * @param blank makes an object without anything
   */
  public static <R extends HasMetadata, P extends HasMetadata>
      InformerEventSourceConfiguration.Builder<R> compact(
          Class<R> type, Supplier<R> blank, EventSourceContext<P> context) {
    KubernetesSerialization json = context.getClient().getKubernetesSerialization();
    return with(() -> new CompactStore<>(type, blank, json, WHOSE, BELONGINGS), type, context);
  }

  /**
   * Has a controller hold the objects that it reconciles as {@link #compact} informers hold theirs,
   * but where it watches several namespaces.
   *
   * @param blank makes an object without anything
   */
  public static <P extends HasMetadata> void holdCompactly(
      ControllerConfigurationOverrider<P> controller,
      Class<P> type,
      Supplier<P> blank,
      KubernetesSerialization json) {
    if (controller.build().getInformerConfig().getNamespaces().size() == 1) {
      controller.withItemStore(new CompactStore<>(type, blank, json, WHOSE, BELONGINGS));
    }
  }

  /**
   * Of objects that are many and often looked at.
   *
   * @param trim makes a copy without what nobody reads; name and namespace have to stay
   */
  public static <R extends HasMetadata, P extends HasMetadata>
      InformerEventSourceConfiguration.Builder<R> trimmed(
          Class<R> type, UnaryOperator<R> trim, EventSourceContext<P> context) {
    return with(() -> new TrimmedStore<>(trim), type, context);
  }

  /**
   * The store, but where the controller watches several namespaces: each has an informer of its own
   * then, the framework would give them all this one store, and what one does not find at its next
   * listing it would take from the others.
   */
  private static <R extends HasMetadata, P extends HasMetadata>
      InformerEventSourceConfiguration.Builder<R> with(
          Supplier<ItemStore<R>> store, Class<R> type, EventSourceContext<P> context) {
    var controller = context.getControllerConfiguration();
    int informers = controller.getInformerConfig().getEffectiveNamespaces(controller).size();
    return informers > 1 ? of(type, context) : of(type, context).withItemStore(store.get());
  }
}
