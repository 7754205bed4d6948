package dev.epd.operator.autoscaling;

import dev.epd.api.v1alpha1.EPDAutoscalingPolicy;
import dev.epd.api.v1alpha1.EPDCluster;
import dev.epd.api.v1alpha1.EPDPool;
import dev.epd.api.v1alpha1.Role;
import io.fabric8.kubernetes.api.model.Pod;
import java.util.List;
import java.util.Optional;

/** What the loop sees of the API server: the reconcilers' caches, no requests of its own. */
public interface PoolView {

  /** The pool as last seen; empty when it is gone or cannot be read. */
  Optional<EPDPool> pool(String namespace, String name);

  /** The cluster as last seen, if it binds pools by ratios; empty too when it cannot be read. */
  Optional<EPDCluster> cluster(String namespace, String name);

  /** The policy as last seen; empty when it does not exist. */
  Optional<EPDAutoscalingPolicy> policy(String namespace, String name);

  /** The pods of one role of a cluster. */
  List<Pod> pods(String namespace, String cluster, Role role);
}
