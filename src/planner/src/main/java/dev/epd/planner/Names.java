package dev.epd.planner;

import dev.epd.api.v1alpha1.Role;

/** Names of what the operator makes. Final from the first version on. */
public final class Names {
  private Names() {}

  /**
   * The pool of a role; also its ServiceAccount, Role, RoleBinding, PodDisruptionBudget and
   * NetworkPolicy.
   */
  public static String pool(String cluster, Role role) {
    return cluster + "-" + role.value();
  }

  /** The Deployment of a pool and a compatibility key; at most 52 characters. */
  public static String deployment(String cluster, Role role, String key) {
    return pool(cluster, role) + "-" + key;
  }

  /** The Service in front of the gateway. */
  public static String gatewayService(String cluster) {
    return pool(cluster, Role.GATEWAY);
  }

  /** The Secret that holds the key that tickets are signed with. */
  public static String signingKey(String cluster) {
    return cluster + "-signing-key";
  }
}
