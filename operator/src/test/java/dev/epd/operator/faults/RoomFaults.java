package dev.epd.operator.faults;

import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/** F21 and F22: a namespace with less room, an operator with fewer rights. */
final class RoomFaults {
  private static final Duration WHILE = Duration.ofSeconds(5);

  private RoomFaults() {}

  static List<Perturbation> all() {
    return List.of(
        new Limited("no room for pods", "ResourceQuota", "hard: {pods: '0'}"),
        new Limited("no room for Services", "ResourceQuota", "hard: {services: '0'}"),
        new Limited(
            "no room for Deployments", "ResourceQuota", "hard: {count/deployments.apps: '0'}"),
        new Limited(
            "a LimitRange that fills in",
            "LimitRange",
            "limits: [{type: Container, default: {cpu: '1'}, defaultRequest: {cpu: '1'}}]"),
        new Limited(
            "a LimitRange that refuses every pod",
            "LimitRange",
            "limits: [{type: Pod, max: {memory: 1Mi}}]"),
        new Revoked(false),
        new Revoked(true));
  }

  /** An object that bounds the namespace, and goes again. */
  record Limited(String title, String kind, String spec) implements Perturbation {
    @Override
    public String number() {
      return "F21";
    }

    @Override
    public Set<Story> stories() {
      return EnumSet.complementOf(EnumSet.of(Story.DELETE));
    }

    @Override
    public Duration lasts() {
      return WHILE;
    }

    /** ReplicaSets that were refused try again ever more slowly. */
    @Override
    public Duration patience() {
      return LOOKED_AT_AGAIN;
    }

    @Override
    public void begin(Scene scene) {
      Story.apply(
          scene.client(),
          scene.namespace(),
          """
          apiVersion: v1
          kind: %s
          metadata: {name: limit}
          spec: {%s}
          """
              .formatted(kind, spec));
    }

    @Override
    public void end(Scene scene) {
      if (kind.equals("LimitRange")) {
        scene.client().limitRanges().inNamespace(scene.namespace()).withName("limit").delete();
      } else {
        scene.client().resourceQuotas().inNamespace(scene.namespace()).withName("limit").delete();
      }
    }
  }

  /** All rights but that to the lease are gone for a while; watches go on unless they break too. */
  record Revoked(boolean alsoBreaksWatches) implements Perturbation {
    @Override
    public String number() {
      return "F22";
    }

    @Override
    public String title() {
      return "rights revoked for %d s%s"
          .formatted(WHILE.toSeconds(), alsoBreaksWatches ? "; watches break" : "");
    }

    @Override
    public Duration lasts() {
      return WHILE;
    }

    @Override
    public void begin(Scene scene) {
      scene.account().revoke();
      if (alsoBreaksWatches) {
        scene.proxy().watches().forEach(WatchStream::cut);
      }
    }

    @Override
    public void end(Scene scene) {
      scene.account().restore();
    }
  }
}
