package dev.epd.api.v1alpha1;

/** Over what the pods of a pool are spread. */
public enum Spread {
  Node("kubernetes.io/hostname"),
  Zone("topology.kubernetes.io/zone");

  private final String topologyKey;

  Spread(String topologyKey) {
    this.topologyKey = topologyKey;
  }

  /** The label of nodes whose values are spread over. */
  public String topologyKey() {
    return topologyKey;
  }
}
