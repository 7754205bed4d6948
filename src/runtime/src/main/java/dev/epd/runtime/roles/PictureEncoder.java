package dev.epd.runtime.roles;

import dev.epd.contract.ErrorKind;
import dev.epd.contract.RoleException;
import dev.epd.contract.v1.Grid;
import dev.epd.modelspec.ImageGrid;
import dev.epd.runtime.engine.DeadlineExceededException;
import dev.epd.runtime.engine.EncodeJob;
import dev.epd.runtime.engine.EncodeLane;
import dev.epd.runtime.engine.EncoderCache;
import dev.epd.runtime.engine.EngineThread;
import dev.epd.runtime.preprocess.ImagePreprocessor;
import dev.epd.runtime.preprocess.PatchedImage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * From the bytes of a picture to its pinned embeddings: cache, preprocessing on a pool as wide as
 * the CPUs, vision tower. Callers block in virtual threads of their own and bound how many there
 * are.
 */
final class PictureEncoder implements AutoCloseable {
  private final ImagePreprocessor preprocessor;
  private final EngineThread engine;
  private final EncodeLane lane;
  private final EncoderCache cache;
  private final RoleMeters meters;
  private final ExecutorService pool;

  PictureEncoder(
      ImagePreprocessor preprocessor,
      EngineThread engine,
      EncodeLane lane,
      EncoderCache cache,
      RoleMeters meters,
      int threads) {
    this.preprocessor = preprocessor;
    this.engine = engine;
    this.lane = lane;
    this.cache = cache;
    this.meters = meters;
    this.pool =
        Executors.newFixedThreadPool(
            threads, Thread.ofPlatform().daemon().name("preprocess-", 0).factory());
  }

  /** Embeddings, which the receiver unpins, and where the time went. */
  record Picture(
      EncoderCache.Pin pin,
      boolean fromCache,
      long queueNanos,
      long preprocessNanos,
      long encodeNanos) {}

  private record Preprocessed(PatchedImage image, long nanos) {}

  /**
   * @param deadlineNanos on the engine's clock; a picture is neither decoded nor encoded after it
   * @throws RoleException if the picture's grid is not {@code expected}
   */
  Picture encode(byte[] bytes, String key, Grid expected, long deadlineNanos)
      throws InterruptedException, ExecutionException {
    long start = System.nanoTime();
    var known = cache.get(key);
    if (known.isPresent()) {
      return checked(new Picture(known.get(), true, 0, 0, 0), expected);
    }
    Preprocessed preprocessed = preprocess(bytes, deadlineNanos);
    requireGrid(preprocessed.image().grid(), expected);
    EncodeJob.Encoded encoded = encode(preprocessed.image(), deadlineNanos);
    EncoderCache.Pin pin = cache.put(key, encoded.embeddings());
    long queue = System.nanoTime() - start - preprocessed.nanos() - encoded.nanos();
    meters.record(RoleMeters.Stage.QUEUE, queue);
    meters.record(RoleMeters.Stage.PREPROCESS, preprocessed.nanos());
    meters.record(RoleMeters.Stage.ENCODE, encoded.nanos());
    return new Picture(pin, false, queue, preprocessed.nanos(), encoded.nanos());
  }

  private Preprocessed preprocess(byte[] bytes, long deadlineNanos)
      throws InterruptedException, ExecutionException {
    Future<Preprocessed> future =
        pool.submit(
            () -> {
              long begin = System.nanoTime();
              if (begin - deadlineNanos >= 0) {
                throw new DeadlineExceededException();
              }
              return new Preprocessed(preprocessor.process(bytes), System.nanoTime() - begin);
            });
    try {
      return future.get();
    } finally {
      // A decoder cannot be interrupted; what still waits for a thread need not begin.
      future.cancel(false);
    }
  }

  private EncodeJob.Encoded encode(PatchedImage image, long deadlineNanos)
      throws InterruptedException, ExecutionException {
    EncodeJob job = new EncodeJob(image, deadlineNanos);
    lane.submit(job);
    engine.wake();
    try {
      return job.result().get();
    } catch (InterruptedException e) {
      job.cancel();
      engine.wake();
      // The pass may be running; its result has nobody else to free it.
      job.result().thenAccept(late -> late.embeddings().close());
      throw e;
    }
  }

  private static Picture checked(Picture picture, Grid expected) {
    try {
      requireGrid(picture.pin().embeddings().grid(), expected);
      return picture;
    } catch (RoleException e) {
      picture.pin().close();
      throw e;
    }
  }

  private static void requireGrid(ImageGrid found, Grid expected) {
    if (found.t() != expected.getT()
        || found.h() != expected.getH()
        || found.w() != expected.getW()) {
      throw new RoleException(
          ErrorKind.INVALID_IMAGE,
          "the picture is not as large as its header says (%d x %d patches instead of %d x %d)"
              .formatted(found.h(), found.w(), expected.getH(), expected.getW()));
    }
  }

  EncoderCache cache() {
    return cache;
  }

  @Override
  public void close() {
    pool.close();
    cache.close();
    preprocessor.close();
  }
}
