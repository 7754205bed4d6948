package dev.epd.planner;

import dev.epd.api.v1alpha1.Role;
import java.util.LinkedHashMap;
import java.util.Map;

/** Labels of everything the operator makes. Final: Deployments' selectors are made of them. */
public final class Labels {
  public static final String NAME = "app.kubernetes.io/name";
  public static final String INSTANCE = "app.kubernetes.io/instance";
  public static final String COMPONENT = "app.kubernetes.io/component";
  public static final String MANAGED_BY = "app.kubernetes.io/managed-by";
  public static final String CLUSTER = "epd.dev/cluster";
  public static final String ROLE = "epd.dev/role";
  public static final String REVISION = "epd.dev/revision";
  public static final String COMPATIBILITY_KEY = "epd.dev/compatibility-key";

  /** The values of the two labels that do not vary. */
  public static final String NAME_VALUE = "epd";

  public static final String MANAGED_BY_VALUE = "epd-operator";

  private Labels() {}

  /** Labels of what belongs to a cluster as a whole. */
  public static Map<String, String> ofCluster(String cluster) {
    Map<String, String> labels = new LinkedHashMap<>();
    labels.put(NAME, NAME_VALUE);
    labels.put(INSTANCE, cluster);
    labels.put(MANAGED_BY, MANAGED_BY_VALUE);
    labels.put(CLUSTER, cluster);
    return labels;
  }

  /** Labels of what belongs to one role of a cluster. */
  public static Map<String, String> ofPool(String cluster, Role role) {
    Map<String, String> labels = ofCluster(cluster);
    labels.put(COMPONENT, role.value());
    labels.put(ROLE, role.value());
    return labels;
  }

  /** Labels of pods, and the selector of their Deployment. */
  public static Map<String, String> ofPods(String cluster, Role role, String key) {
    Map<String, String> labels = ofPool(cluster, role);
    labels.put(COMPATIBILITY_KEY, key);
    return labels;
  }

  /**
   * Selects the pods of a role whatever their key: stable over rollouts, used by Service and
   * /scale.
   */
  public static Map<String, String> roleSelector(String cluster, Role role) {
    Map<String, String> labels = new LinkedHashMap<>();
    labels.put(CLUSTER, cluster);
    labels.put(ROLE, role.value());
    return labels;
  }
}
