package dev.epd.runtime.roles;

import dev.epd.contract.BootId;
import dev.epd.contract.CallTokens;
import dev.epd.contract.ContractVersion;
import dev.epd.contract.Role;
import dev.epd.contract.TicketVerifier;
import dev.epd.contract.TraceParent;
import dev.epd.contract.v1.NodeDescription;
import dev.epd.modelspec.ModelSpec;
import dev.epd.runtime.engine.EncoderCache;
import dev.epd.runtime.engine.EngineMeters;
import dev.epd.runtime.preprocess.ImagePreprocessor;
import dev.epd.transfer.TransferClient;
import dev.epd.transfer.TransferClientOptions;
import dev.epd.transfer.TransferServer;
import dev.epd.transfer.TransferServerOptions;
import io.grpc.BindableService;
import io.grpc.Server;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.protobuf.services.HealthStatusManager;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A running role: model, services, ports. */
public final class RoleServer implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(RoleServer.class);

  /** A prefill request may carry all its pictures inline. */
  private static final int MAX_MESSAGE = 256 << 20;

  private static final Duration POLL = Duration.ofMillis(20);

  private final RoleConfig config;
  private final Gate gate = new Gate();
  private final HealthStatusManager health = new HealthStatusManager();
  private final Deque<AutoCloseable> owned = new ArrayDeque<>();
  private @Nullable Engine engine;
  private @Nullable Server server;
  private @Nullable TransferServer receiver;
  private IntSupplier reservedSlots = () -> 0;
  private volatile boolean ready;

  private RoleServer(RoleConfig config) {
    this.config = config;
  }

  /**
   * Loads the model, warms every stage and listens. Returns when the role can serve.
   *
   * @param spec closed by the caller, after the role
   * @throws IOException if an address cannot be bound
   * @throws dev.epd.modelspec.ModelSpecException if the weights do not fit
   */
  public static RoleServer start(RoleConfig config, ModelSpec spec, MeterRegistry registry)
      throws IOException {
    RoleServer role = new RoleServer(config);
    boolean started = false;
    try {
      role.open(spec, registry);
      started = true;
      return role;
    } finally {
      if (!started) {
        role.close();
      }
    }
  }

  private void open(ModelSpec spec, MeterRegistry registry) throws IOException {
    RoleMeters meters = new RoleMeters(registry);
    Engine loaded = Engine.start(config, spec, new EngineMeters(registry));
    engine = loaded;
    owned.push(loaded);
    MicrometerTransfers transferMeters = new MicrometerTransfers(registry);
    TicketVerifier verifier = new TicketVerifier(config.key(), InstantSource.system());
    TransferClient sender =
        new TransferClient(verifier, TransferClientOptions.defaults().withMetrics(transferMeters));
    owned.push(sender);
    Optional<PictureEncoder> pictures =
        loaded.encodeLane().map(lane -> pictures(lane, spec, loaded, meters, registry));
    BindableService service =
        config.role() == Role.ENCODER
            ? encoder(spec, pictures.orElseThrow(), sender, verifier, meters, registry)
            : language(spec, loaded, pictures, sender, verifier, transferMeters, meters, registry);
    Gauge.builder("epd.role.running", gate, Gate::inside)
        .description("Calls that are being served")
        .register(registry);
    Gauge.builder("epd.role.device", () -> 1)
        .description("1, with the device that computes as a label")
        .tag("device", loaded.device().name().toLowerCase(Locale.ROOT))
        .register(registry);
    listen(service, describe(spec, loaded));
    ready = true;
    LOG.info(
        "{} serves on {}:{}, transfers on port {}",
        config.role().wireName(),
        config.bindAddress(),
        controlPort(),
        transferPort());
  }

  private PictureEncoder pictures(
      dev.epd.runtime.engine.EncodeLane lane,
      ModelSpec spec,
      Engine loaded,
      RoleMeters meters,
      MeterRegistry registry) {
    EncoderCache cache = new EncoderCache(config.cacheBytes());
    Gauge.builder("epd.encoder.cache", cache, EncoderCache::byteSize)
        .description("Embeddings kept or in use")
        .baseUnit("bytes")
        .register(registry);
    PictureEncoder pictures =
        new PictureEncoder(
            new ImagePreprocessor(spec), loaded.thread(), lane, cache, meters, config.threads());
    owned.push(pictures);
    return pictures;
  }

  private EncoderRole encoder(
      ModelSpec spec,
      PictureEncoder pictures,
      TransferClient sender,
      TicketVerifier verifier,
      RoleMeters meters,
      MeterRegistry registry) {
    EncoderRole role =
        new EncoderRole(
            spec.fingerprint(), config.maxImages(), pictures, sender, verifier, gate, meters);
    Gauge.builder("epd.encoder.places.free", role, EncoderRole::freePlaces)
        .description("Pictures that would be accepted now")
        .register(registry);
    return role;
  }

  private BindableService language(
      ModelSpec spec,
      Engine loaded,
      Optional<PictureEncoder> pictures,
      TransferClient sender,
      TicketVerifier verifier,
      MicrometerTransfers transferMeters,
      RoleMeters meters,
      MeterRegistry registry)
      throws IOException {
    Engine.Language language = loaded.language().orElseThrow();
    TransferServer transfers =
        TransferServer.start(
            new InetSocketAddress(config.bindAddress(), config.transferPort()),
            verifier,
            TransferServerOptions.defaults().withMetrics(transferMeters));
    receiver = transfers;
    owned.push(transfers);
    LanguageParts parts =
        new LanguageParts(
            spec,
            loaded.thread(),
            language.lane(),
            language.cache(),
            language.pool(),
            transfers,
            sender,
            verifier,
            gate,
            meters);
    Gauge.builder("epd.kv.slots.free", language.pool(), pool -> pool.available())
        .description("Sequences that would be accepted now")
        .register(registry);
    Gauge.builder("epd.kv.slots", language.pool(), pool -> pool.slots())
        .description("Sequences that fit at once, the free ones included")
        .register(registry);
    if (config.role() == Role.DECODE) {
      DecodeRole role = new DecodeRole(parts, config.lease());
      reservedSlots = role::reserved;
      return role;
    }
    PrefillRole role = new PrefillRole(parts, pictures, config.embeddingBytes());
    Gauge.builder("epd.prefill.embeddings.free", role, PrefillRole::freeEmbeddingBytes)
        .description("Room for embeddings that are to come")
        .baseUnit("bytes")
        .register(registry);
    return role;
  }

  private NodeDescription describe(ModelSpec spec, Engine loaded) {
    NodeDescription.Builder node =
        NodeDescription.newBuilder()
            .setRole(config.role().wireName())
            .setContractVersion(ContractVersion.CURRENT)
            .setModelFingerprint(spec.fingerprint())
            .setBootId(BootId.create().value())
            .setMaxImages(config.encodes() ? config.maxImages() : 0)
            .setEncodes(config.encodes())
            .setDecodes(config.generates());
    loaded
        .language()
        .ifPresentOrElse(
            l -> node.setMaxRequests(l.pool().slots()).setMaxContextTokens(l.pool().maxTokens()),
            () -> node.setMaxRequests(config.maxImages()));
    return node.build();
  }

  private void listen(BindableService service, NodeDescription node) throws IOException {
    InetSocketAddress address = new InetSocketAddress(config.bindAddress(), config.controlPort());
    try {
      server =
          NettyServerBuilder.forAddress(address)
              .executor(Executors.newVirtualThreadPerTaskExecutor())
              .maxInboundMessageSize(MAX_MESSAGE)
              .permitKeepAliveTime(1, TimeUnit.SECONDS)
              .permitKeepAliveWithoutCalls(true)
              .intercept(TraceParent.server())
              .intercept(CallTokens.server(config.key(), config.role(), InstantSource.system()))
              .addService(service)
              .addService(new NodeService(node))
              .addService(health.getHealthService())
              .build()
              .start();
    } catch (IOException e) {
      throw new IOException("cannot listen for calls at " + address + ": " + e.getMessage(), e);
    }
  }

  /** gRPC. */
  public int controlPort() {
    return server == null ? 0 : server.getPort();
  }

  /** Bulk data; 0 for an encoder, which only sends. */
  public int transferPort() {
    return receiver == null ? 0 : receiver.port();
  }

  /** False once the process can compute nothing any more. Never waits for work. */
  public boolean live() {
    return engine == null || engine.thread().alive();
  }

  /** Whether new work is welcome. */
  public boolean ready() {
    return ready && live();
  }

  /**
   * Stops being ready, takes work for the grace period still, and waits until all work is done,
   * reserved slots included.
   *
   * @param timeout from the end of the grace period on
   * @return false if work was left when the time was over, or the caller was interrupted
   */
  public boolean drain(Duration timeout) {
    long graceEnd = System.nanoTime() + config.drainGrace().toNanos();
    long end = graceEnd + timeout.toNanos();
    ready = false;
    health.setStatus("", ServingStatus.NOT_SERVING);
    LOG.info("draining: {} calls, {} reserved slots", gate.inside(), reservedSlots.getAsInt());
    try {
      boolean idle;
      do {
        Thread.sleep(POLL);
        if (System.nanoTime() - graceEnd >= 0) {
          gate.close();
        }
        idle = gate.inside() == 0 && reservedSlots.getAsInt() == 0;
      } while ((!idle || System.nanoTime() - graceEnd < 0) && System.nanoTime() - end < 0);
      return idle;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /** Ends everything now; work that still runs fails. */
  @Override
  public void close() {
    ready = false;
    gate.close();
    if (server != null) {
      server.shutdownNow();
      awaitCalls();
    }
    while (!owned.isEmpty()) {
      AutoCloseable next = owned.pop();
      try {
        next.close();
      } catch (Exception e) {
        LOG.warn("closing {} failed", next.getClass().getSimpleName(), e);
      }
    }
  }

  /** Calls hold memory that is about to be freed; cancelled, they give it back within a step. */
  private void awaitCalls() {
    try {
      while (gate.inside() > 0 && live()) {
        Thread.sleep(POLL);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
