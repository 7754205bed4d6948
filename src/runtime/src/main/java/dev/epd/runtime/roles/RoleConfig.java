package dev.epd.runtime.roles;

import dev.epd.contract.ClusterKey;
import dev.epd.contract.Role;
import dev.epd.runtime.tensor.DType;
import dev.epd.runtime.tensor.Device;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;

/**
 * What one role process is told at its start.
 *
 * @param role ENCODER, PREFILL or DECODE
 * @param topology the pools that exist; without DECODE prefill generates, without ENCODER it
 *     encodes
 * @param encodeInline load the vision tower in a prefill that has encoders too, so that pictures
 *     may be sent inline
 * @param key the cluster's
 * @param bindAddress to listen on
 * @param controlPort gRPC; 0 takes a free one
 * @param transferPort bulk data; 0 takes a free one
 * @param dtype weights, embeddings and KV cache
 * @param device to compute on; empty takes a GPU if there is one, else the CPU
 * @param threads of the tensor library
 * @param deterministic results do not depend on what else runs
 * @param maxSlots sequences at once; 0 takes as many as a quarter of the memory holds, 64 at most
 * @param maxContext tokens of prompt and answer together; 0 takes the model's
 * @param maxImages pictures that may wait or run here at once
 * @param chunkTokens prompt tokens of one prefill step; 0 takes the engine's default
 * @param cacheBytes of embeddings that are kept for the next asker
 * @param embeddingBytes of embeddings that may be reserved or arrived at prefill at once
 * @param lease of a decode slot before its use
 * @param drainGrace how long a draining role still takes work, until all callers have heard of it
 */
public record RoleConfig(
    Role role,
    Set<Role> topology,
    boolean encodeInline,
    ClusterKey key,
    String bindAddress,
    int controlPort,
    int transferPort,
    DType dtype,
    Optional<Device> device,
    int threads,
    boolean deterministic,
    int maxSlots,
    int maxContext,
    int maxImages,
    int chunkTokens,
    long cacheBytes,
    long embeddingBytes,
    Duration lease,
    Duration drainGrace) {
  /** Slots taken when nobody says how many. */
  static final int MOST_SLOTS = 64;

  public RoleConfig {
    topology = Set.copyOf(topology);
    if (role == Role.GATEWAY) {
      throw new IllegalArgumentException("the gateway runs no model");
    }
    if (!topology.contains(role)) {
      throw new IllegalArgumentException(
          "role " + role.wireName() + " is not part of the topology " + topology);
    }
    if (!topology.contains(Role.PREFILL)) {
      throw new IllegalArgumentException("the topology must contain prefill");
    }
    if (threads < 1 || maxSlots < 0 || maxContext < 0 || maxImages < 1) {
      throw new IllegalArgumentException(
          "threads and max-images must be at least 1, max-slots and max-context not negative");
    }
    if (chunkTokens < 0 || cacheBytes < 0) {
      throw new IllegalArgumentException("chunk-tokens and cache-bytes must not be negative");
    }
  }

  /** A role on all addresses with the default ports and sizes. */
  public static RoleConfig defaults(Role role, Set<Role> topology, ClusterKey key, int threads) {
    return new RoleConfig(
        role,
        topology,
        false,
        key,
        "0.0.0.0",
        dev.epd.contract.Ports.CONTROL,
        dev.epd.contract.Ports.TRANSFER,
        DType.FLOAT32,
        Optional.empty(),
        threads,
        false,
        0,
        0,
        16,
        0,
        256L << 20,
        512L << 20,
        Duration.ofSeconds(150),
        Duration.ofSeconds(2));
  }

  /** Another address and other ports to listen on. */
  public RoleConfig withBind(String address, int control, int transfer) {
    return new RoleConfig(
        role,
        topology,
        encodeInline,
        key,
        address,
        control,
        transfer,
        dtype,
        device,
        threads,
        deterministic,
        maxSlots,
        maxContext,
        maxImages,
        chunkTokens,
        cacheBytes,
        embeddingBytes,
        lease,
        drainGrace);
  }

  /** Other sizes; 0 slots or context stand for the default. */
  public RoleConfig withSizes(int slots, int context, int images) {
    return new RoleConfig(
        role,
        topology,
        encodeInline,
        key,
        bindAddress,
        controlPort,
        transferPort,
        dtype,
        device,
        threads,
        deterministic,
        slots,
        context,
        images,
        chunkTokens,
        cacheBytes,
        embeddingBytes,
        lease,
        drainGrace);
  }

  /** Other sizes of a prefill step and of what is kept; 0 tokens stand for the default. */
  public RoleConfig withSteps(int newChunkTokens, long newCacheBytes) {
    return new RoleConfig(
        role,
        topology,
        encodeInline,
        key,
        bindAddress,
        controlPort,
        transferPort,
        dtype,
        device,
        threads,
        deterministic,
        maxSlots,
        maxContext,
        maxImages,
        newChunkTokens,
        newCacheBytes,
        embeddingBytes,
        lease,
        drainGrace);
  }

  /** Another way to compute. */
  public RoleConfig withCompute(
      DType type, Optional<Device> where, boolean inline, boolean sameBits) {
    return new RoleConfig(
        role,
        topology,
        inline,
        key,
        bindAddress,
        controlPort,
        transferPort,
        type,
        where,
        threads,
        sameBits,
        maxSlots,
        maxContext,
        maxImages,
        chunkTokens,
        cacheBytes,
        embeddingBytes,
        lease,
        drainGrace);
  }

  /** Other times for slots that are reserved and for draining. */
  public RoleConfig withTimes(Duration newLease, Duration newDrainGrace) {
    return new RoleConfig(
        role,
        topology,
        encodeInline,
        key,
        bindAddress,
        controlPort,
        transferPort,
        dtype,
        device,
        threads,
        deterministic,
        maxSlots,
        maxContext,
        maxImages,
        chunkTokens,
        cacheBytes,
        embeddingBytes,
        newLease,
        newDrainGrace);
  }

  /** Whether this process needs the vision tower. */
  boolean encodes() {
    return role == Role.ENCODER
        || (role == Role.PREFILL && (encodeInline || !topology.contains(Role.ENCODER)));
  }

  /** Whether this process needs the language model. */
  boolean generates() {
    return role != Role.ENCODER;
  }
}
