package dev.epd.runtimeimage;

import dev.epd.contract.ClusterKey;
import dev.epd.contract.Role;
import dev.epd.modelspec.ModelSpec;
import dev.epd.runtime.roles.RoleConfig;
import dev.epd.runtime.roles.RoleServer;
import dev.epd.runtime.tensor.DType;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Set;

/** Encoder, prefill or decode. */
record RoleWorkload(RoleServer server, Role role) implements Workload {
  static RoleWorkload start(Flags flags, ModelSpec spec, ClusterKey key, MeterRegistry registry)
      throws IOException {
    Set<Role> pools = EnumSet.copyOf(flags.pools());
    RoleConfig config =
        RoleConfig.defaults(flags.role, pools, key, flags.computeThreads())
            .withBind(flags.bindAddress, flags.controlPort, flags.transferPort)
            .withSizes(flags.maxSlots, flags.maxContext, flags.maxImages)
            .withSteps(flags.chunkTokens, flags.cacheBytes)
            .withCompute(
                type(flags, spec),
                flags.computeDevice(),
                flags.encodesInline(),
                flags.deterministic);
    config = config.withTimes(config.lease(), flags.drainGrace);
    return new RoleWorkload(RoleServer.start(config, spec, registry), flags.role);
  }

  private static DType type(Flags flags, ModelSpec spec) {
    boolean weightsAre = spec.config().dtype() == dev.epd.modelspec.safetensors.DType.BF16;
    return flags.isBfloat16(weightsAre) ? DType.BFLOAT16 : DType.FLOAT32;
  }

  /** Work waits at the gateway only. */
  @Override
  public boolean awaitWork(Duration atMost) {
    return false;
  }

  @Override
  public HealthServer.State state() {
    String reason =
        server.live() ? "draining: running work is being finished" : "the engine is broken";
    return new HealthServer.State(server.live(), server.ready(), reason);
  }

  @Override
  public String address() {
    return "control port %d, transfer port %d"
        .formatted(server.controlPort(), server.transferPort());
  }

  @Override
  public boolean drain(Duration timeout) {
    return server.drain(timeout);
  }

  @Override
  public void close() {
    server.close();
  }
}
