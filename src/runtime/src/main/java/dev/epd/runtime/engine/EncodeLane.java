package dev.epd.runtime.engine;

import dev.epd.runtime.model.VisionTower;
import dev.epd.runtime.preprocess.PatchedImage;
import dev.epd.runtime.tensor.Tensor;
import dev.epd.runtime.tensor.TensorScope;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.function.LongSupplier;

/**
 * Pictures of many requests, several to a pass: as many from the front of the queue as fit a budget
 * of patches, always at least one. If a pass of several fails, each is tried alone, so that one bad
 * picture harms no other. Bounding the queue is the caller's part; it counts pictures from before
 * they are decoded.
 */
public final class EncodeLane implements EngineThread.Lane {
  private final VisionTower tower;
  private final EngineSettings settings;
  private final EngineMeters meters;
  private final LongSupplier nanoTime;
  private final Deque<EncodeJob> queue = new ArrayDeque<>();
  private boolean abandoned;

  public EncodeLane(
      VisionTower tower, EngineSettings settings, EngineMeters meters, LongSupplier nanoTime) {
    this.tower = tower;
    this.settings = settings;
    this.meters = meters;
    this.nanoTime = nanoTime;
  }

  /** Queues a picture; wake the engine afterwards. From any thread. */
  public void submit(EncodeJob job) {
    synchronized (queue) {
      if (!abandoned) {
        queue.add(job);
        return;
      }
    }
    job.result().completeExceptionally(new OverloadedException("the engine has stopped"));
  }

  @Override
  public boolean step() {
    List<EncodeJob> batch = nextBatch();
    if (batch.isEmpty()) {
      return false;
    }
    try {
      encode(batch);
    } catch (Throwable e) {
      if (batch.size() == 1 || EngineThread.isFatal(e)) {
        batch.forEach(job -> fail(job, e));
        EngineThread.throwIfFatal(e);
      } else {
        encodeOneByOne(batch);
      }
    }
    return true;
  }

  private void encodeOneByOne(List<EncodeJob> batch) {
    Throwable fatal = null;
    for (EncodeJob job : batch) {
      try {
        if (fatal != null) {
          fail(job, fatal);
        } else {
          encode(List.of(job));
        }
      } catch (Throwable e) {
        fail(job, e);
        fatal = EngineThread.isFatal(e) ? e : null;
      }
    }
    if (fatal != null) {
      EngineThread.throwIfFatal(fatal);
    }
  }

  private List<EncodeJob> nextBatch() {
    List<EncodeJob> batch = new ArrayList<>();
    List<EncodeJob> over = new ArrayList<>();
    long now = nanoTime.getAsLong();
    synchronized (queue) {
      int patches = 0;
      for (EncodeJob job = queue.peek(); job != null; job = queue.peek()) {
        if (job.stopped(now) != null) {
          over.add(queue.remove());
          continue;
        }
        patches += job.image().patchCount();
        boolean fits = patches <= settings.maxBatchPatches() && !settings.deterministic();
        if (!batch.isEmpty() && !fits) {
          break;
        }
        batch.add(queue.remove());
      }
    }
    for (EncodeJob job : over) {
      RuntimeException why = job.stopped(now);
      fail(job, why == null ? new DeadlineExceededException() : why);
    }
    return batch;
  }

  private void encode(List<EncodeJob> batch) {
    long start = System.nanoTime();
    List<PatchedImage> images = batch.stream().map(EncodeJob::image).toList();
    List<Embeddings> results = new ArrayList<>();
    try (TensorScope scope = new TensorScope()) {
      List<Tensor> rows = tower.encode(scope, images);
      for (int i = 0; i < rows.size(); i++) {
        results.add(copy(images.get(i), rows.get(i)));
      }
    } catch (Throwable e) {
      results.forEach(Embeddings::close);
      throw e;
    }
    long nanos = System.nanoTime() - start;
    int patches = images.stream().mapToInt(PatchedImage::patchCount).sum();
    meters.encoded(images, nanos);
    for (int i = 0; i < batch.size(); i++) {
      long share = nanos * images.get(i).patchCount() / patches;
      Embeddings embeddings = results.get(i);
      if (!batch.get(i).result().complete(new EncodeJob.Encoded(embeddings, share))) {
        embeddings.close();
      }
    }
  }

  private Embeddings copy(PatchedImage image, Tensor rows) {
    Embeddings embeddings = new Embeddings(image.grid(), tower.hidden(), tower.dtype());
    rows.read(0, embeddings.memory());
    return embeddings;
  }

  private static void fail(EncodeJob job, Throwable cause) {
    job.result().completeExceptionally(cause);
  }

  @Override
  public void abandon(Throwable cause) {
    List<EncodeJob> rest;
    synchronized (queue) {
      abandoned = true;
      rest = List.copyOf(queue);
      queue.clear();
    }
    rest.forEach(job -> fail(job, cause));
  }
}
