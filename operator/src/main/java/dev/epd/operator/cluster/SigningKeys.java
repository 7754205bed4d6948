package dev.epd.operator.cluster;

import dev.epd.api.v1alpha1.EPDCluster;
import dev.epd.operator.kube.Applier;
import dev.epd.planner.ClusterPlan;
import dev.epd.planner.Names;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.net.HttpURLConnection;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Base64;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The Secrets that tickets are signed with: drawn once, never changed, never kept here.
 *
 * <p>The operator may neither list nor watch Secrets. It asks for one by name and remembers that it
 * was there and the cluster's own, its metadata only, until the next periodic look.
 */
final class SigningKeys {
  private static final int KEY_BYTES = 32;

  /** A little less than the period in which every cluster is looked at again. */
  private static final Duration REMEMBERED = Duration.ofSeconds(110);

  private final KubernetesClient client;
  private final InstantSource clock;
  private final SecureRandom random = new SecureRandom();
  private final Map<String, Seen> seen = new ConcurrentHashMap<>();

  private record Seen(ObjectMeta secret, Instant at) {}

  SigningKeys(KubernetesClient client, InstantSource clock) {
    this.client = client;
    this.clock = clock;
  }

  /** Metadata of the Secret that bears the name; null when there is none. */
  @Nullable ObjectMeta find(EPDCluster cluster) {
    Instant now = clock.instant();
    seen.values().removeIf(s -> s.at().plus(REMEMBERED).isBefore(now));
    Seen remembered = seen.get(cluster.getMetadata().getUid());
    if (remembered != null) {
      return remembered.secret();
    }
    Secret secret =
        client
            .secrets()
            .inNamespace(cluster.getMetadata().getNamespace())
            .withName(Names.signingKey(cluster.getMetadata().getName()))
            .get();
    if (secret == null) {
      return null;
    }
    // A stranger's may go at any time, as that of a deleted cluster of this name does.
    if (Applier.isControlledBy(secret, cluster)) {
      remember(cluster, secret);
    }
    return secret.getMetadata();
  }

  /** Creates the Secret with a fresh key. One that exists by now is left as it is. */
  void create(EPDCluster cluster, Secret planned) {
    byte[] key = new byte[KEY_BYTES];
    random.nextBytes(key);
    Secret secret =
        new SecretBuilder(planned)
            .addToData(ClusterPlan.SIGNING_KEY_DATA, Base64.getEncoder().encodeToString(key))
            .build();
    try {
      remember(cluster, client.resource(secret).create());
    } catch (KubernetesClientException e) {
      if (e.getCode() != HttpURLConnection.HTTP_CONFLICT) {
        throw e;
      }
    }
  }

  private void remember(EPDCluster cluster, Secret secret) {
    seen.put(cluster.getMetadata().getUid(), new Seen(secret.getMetadata(), clock.instant()));
  }
}
