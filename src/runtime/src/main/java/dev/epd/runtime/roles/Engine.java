package dev.epd.runtime.roles;

import dev.epd.modelspec.ImageGrid;
import dev.epd.modelspec.ImageSpan;
import dev.epd.modelspec.ModelSpec;
import dev.epd.runtime.engine.EncodeLane;
import dev.epd.runtime.engine.EngineMeters;
import dev.epd.runtime.engine.EngineSettings;
import dev.epd.runtime.engine.EngineThread;
import dev.epd.runtime.engine.KvPool;
import dev.epd.runtime.engine.LanguageLane;
import dev.epd.runtime.model.DecodeRow;
import dev.epd.runtime.model.KvCache;
import dev.epd.runtime.model.LanguageModel;
import dev.epd.runtime.model.LoadOptions;
import dev.epd.runtime.model.LoadedModel;
import dev.epd.runtime.model.ModelLoader;
import dev.epd.runtime.model.PrefillChunk;
import dev.epd.runtime.model.VisionTower;
import dev.epd.runtime.preprocess.PatchedImage;
import dev.epd.runtime.tensor.Device;
import dev.epd.runtime.tensor.Tensor;
import dev.epd.runtime.tensor.TensorScope;
import dev.epd.runtime.tensor.Torch;
import dev.epd.runtime.tensor.TorchOptions;
import java.lang.foreign.Arena;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ThreadLocalRandom;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The model of a role on its engine thread: loaded, with its lanes and cache, and warmed by a step
 * of every stage.
 */
final class Engine implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Engine.class);

  private final EngineThread thread;
  private final Device device;
  private final LoadedModel model;
  private final Optional<EncodeLane> encodeLane;
  private final Optional<Language> language;

  /** The language side. */
  record Language(LanguageLane lane, KvCache cache, KvPool pool) {}

  private Engine(
      EngineThread thread,
      Device device,
      LoadedModel model,
      Optional<EncodeLane> encodeLane,
      Optional<Language> language) {
    this.thread = thread;
    this.device = device;
    this.model = model;
    this.encodeLane = encodeLane;
    this.language = language;
  }

  /**
   * Loads and warms, in the engine thread; returns when the first request would find all of it
   * ready.
   *
   * @throws RuntimeException what the loader says about a bad model
   */
  static Engine start(RoleConfig config, ModelSpec spec, EngineMeters meters) {
    EngineThread thread = new EngineThread();
    boolean started = false;
    try {
      Engine engine = thread.call(() -> load(thread, config, spec, meters)).join();
      engine.encodeLane.ifPresent(thread::add);
      engine.language.ifPresent(l -> thread.add(l.lane()));
      started = true;
      return engine;
    } catch (CompletionException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      throw e;
    } finally {
      if (!started) {
        thread.close();
      }
    }
  }

  private static Engine load(
      EngineThread thread, RoleConfig config, ModelSpec spec, EngineMeters meters) {
    Set<LoadOptions.Part> parts = EnumSet.noneOf(LoadOptions.Part.class);
    if (config.encodes()) {
      parts.add(LoadOptions.Part.VISION);
    }
    if (config.generates()) {
      parts.add(LoadOptions.Part.LANGUAGE);
    }
    long start = System.nanoTime();
    Torch.start(TorchOptions.ofThreads(config.threads()));
    Device device = Torch.choose(config.device());
    LoadedModel model =
        ModelLoader.load(
            spec,
            new LoadOptions(
                parts, config.dtype(), config.threads(), config.deterministic(), device));
    long loaded = System.nanoTime();
    EngineSettings settings =
        EngineSettings.defaults(config.deterministic()).withChunkTokens(config.chunkTokens());
    Optional<EncodeLane> encodeLane =
        model
            .vision()
            .map(
                vision -> {
                  warm(vision, spec);
                  return new EncodeLane(vision, settings, meters, System::nanoTime);
                });
    Optional<Language> language =
        model.language().map(lm -> language(lm, config, spec, settings, meters));
    LOG.info(
        "model loaded on {} in {} ms, warmed in {} ms",
        device,
        Duration.ofNanos(loaded - start).toMillis(),
        Duration.ofNanos(System.nanoTime() - loaded).toMillis());
    return new Engine(thread, device, model, encodeLane, language);
  }

  private static Language language(
      LanguageModel model,
      RoleConfig config,
      ModelSpec spec,
      EngineSettings settings,
      EngineMeters meters) {
    int longest = Math.min(spec.limits().maxContextTokens(), model.shape().maxPositions());
    int context = config.maxContext() == 0 ? longest : Math.min(config.maxContext(), longest);
    int slots =
        config.maxSlots() > 0
            ? config.maxSlots()
            : slotsFor(model.device(), (long) context * model.shape().kvBytesPerToken());
    KvCache cache = model.newKvCache(slots, context);
    LOG.info("KV cache: {} slots of {} tokens, {} MiB", slots, context, cache.byteSize() >> 20);
    warm(model, cache, spec);
    // Epochs of this start lie apart from those of another one at the same address.
    long firstEpoch = ThreadLocalRandom.current().nextLong(1, 1L << 40) << 20;
    KvPool pool = new KvPool(slots, context, firstEpoch, System::nanoTime);
    return new Language(
        new LanguageLane(model, cache, settings, meters, System::nanoTime), cache, pool);
  }

  private static int slotsFor(Device device, long slotBytes) {
    long memory = 4L << 30;
    if (device == Device.CUDA) {
      memory = Torch.cudaMemory();
    } else if (ManagementFactory.getOperatingSystemMXBean()
        instanceof com.sun.management.OperatingSystemMXBean os) {
      memory = os.getTotalMemorySize();
    }
    return (int) Math.clamp(memory / 4 / slotBytes, 1, RoleConfig.MOST_SLOTS);
  }

  /** A grey picture of a few tokens. */
  private static void warm(VisionTower tower, ModelSpec spec) {
    int merge = spec.preprocessor().mergeSize();
    ImageGrid grid = new ImageGrid(1, 4 * merge, 4 * merge, merge);
    int values = spec.config().vision().patchValues();
    try (TensorScope scope = new TensorScope();
        Arena arena = Arena.ofConfined()) {
      PatchedImage image =
          new PatchedImage(
              grid, values, arena.allocate((long) grid.patches() * values * Float.BYTES, 64));
      List<Tensor> rows = tower.encode(scope, List.of(image));
      if (rows.size() != 1 || rows.getFirst().size(0) != grid.tokens()) {
        throw new IllegalStateException("the vision tower gave " + rows + " for " + grid);
      }
    }
  }

  private static void warm(LanguageModel model, KvCache cache, ModelSpec spec) {
    int n = Math.min(8, cache.maxTokens() - 1);
    if (n < 1) {
      throw new IllegalArgumentException(
          "a context of " + cache.maxTokens() + " tokens is too small");
    }
    int[] ids = new int[n];
    Arrays.fill(ids, spec.config().tokens().visionStart());
    int[][] positions = dev.epd.modelspec.MRope.of(n, List.<ImageSpan>of()).positions();
    model.prefill(cache, new PrefillChunk(0, 0, ids, List.of(), positions, true));
    model.decode(cache, List.of(new DecodeRow(0, n, ids[0], n)));
  }

  EngineThread thread() {
    return thread;
  }

  /** What computes. */
  Device device() {
    return device;
  }

  Optional<EncodeLane> encodeLane() {
    return encodeLane;
  }

  Optional<Language> language() {
    return language;
  }

  /**
   * Fails what still runs, then frees cache and model. Nobody may use the cache's memory any more.
   */
  @Override
  public void close() {
    thread.close();
    language.ifPresent(l -> l.cache().close());
    model.close();
  }
}
