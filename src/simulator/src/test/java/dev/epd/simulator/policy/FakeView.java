package dev.epd.simulator.policy;

import dev.epd.autoscaler.Mix;
import dev.epd.simulator.Pod;
import dev.epd.simulator.Policy;
import dev.epd.simulator.View;
import java.util.List;

/** A pool that does what it is told at once, under a load that the test sets. */
final class FakeView implements View {
  double now;
  int wanted;
  int ready;
  int min;
  int max = 1000;
  long queued;
  int inService;
  double patches;

  FakeView(int wanted) {
    this.wanted = wanted;
    this.ready = wanted;
  }

  /** Asks a policy once a second and grants what it wants, ready at once. */
  FakeView run(Policy policy, int seconds) {
    for (int i = 0; i < seconds; i++) {
      now++;
      wanted = policy.decide(this);
      ready = wanted;
    }
    return this;
  }

  FakeView load(long images) {
    queued = images;
    patches = images * 1000.0;
    return this;
  }

  @Override
  public double now() {
    return now;
  }

  @Override
  public int wanted() {
    return wanted;
  }

  @Override
  public int min() {
    return min;
  }

  @Override
  public int max() {
    return max;
  }

  @Override
  public int ready() {
    return ready;
  }

  @Override
  public int starting() {
    return wanted - ready;
  }

  @Override
  public long queuedImages() {
    return queued;
  }

  @Override
  public double queuedPatches() {
    return patches;
  }

  @Override
  public int imagesInService() {
    return inService;
  }

  @Override
  public double patchesInService() {
    return 0;
  }

  @Override
  public double oldestWait() {
    return 0;
  }

  @Override
  public long arrivedRequests() {
    return 0;
  }

  @Override
  public long arrivedImages() {
    return 0;
  }

  @Override
  public Mix work() {
    return Mix.NONE;
  }

  @Override
  public Mix queued() {
    return Mix.NONE;
  }

  @Override
  public double arrivedPatches() {
    return 0;
  }

  @Override
  public List<Pod> pods() {
    return List.of();
  }
}
