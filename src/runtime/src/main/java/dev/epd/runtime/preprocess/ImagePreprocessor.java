package dev.epd.runtime.preprocess;

import dev.epd.modelspec.ImageGeometry;
import dev.epd.modelspec.ImageGrid;
import dev.epd.modelspec.InvalidInputException;
import dev.epd.modelspec.ModelSpec;
import dev.epd.modelspec.PreprocessorConfig;
import dev.epd.runtime.tensor.DType;
import dev.epd.runtime.tensor.ScriptModule;
import dev.epd.runtime.tensor.Tensor;
import dev.epd.runtime.tensor.TensorScope;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * From the bytes of a picture to patches, as Qwen2VLImageProcessor does with the torchvision back
 * end: resize to multiples of the token side with antialiased bicubic on bytes, rescale, normalise,
 * patchify. Thread-safe.
 */
public final class ImagePreprocessor implements AutoCloseable {
  private static final int CHANNELS = 3;

  private final ImageDecoder decoder;
  private final ImageGeometry geometry;
  private final PreprocessorConfig config;
  private final float[][] normalised;
  private final ScriptModule script;

  /** For this model's settings; pictures of more than its limits' pixels are refused. */
  public ImagePreprocessor(ModelSpec spec) {
    this(spec.preprocessor(), spec.limits().maxImagePixels());
  }

  /**
   * @param maxPixels largest width * height that is decoded
   */
  public ImagePreprocessor(PreprocessorConfig config, long maxPixels) {
    this.config = config;
    this.geometry = new ImageGeometry(config);
    this.decoder = new ImageDecoder(maxPixels);
    this.script = ScriptModule.fromResource(ImagePreprocessor.class, "resize.py.txt");
    this.normalised = table(config);
  }

  /**
   * (value / 255 - mean) / std for every byte value, in the order of operations of the reference.
   */
  private static float[][] table(PreprocessorConfig config) {
    float[][] out = new float[CHANNELS][256];
    for (int channel = 0; channel < CHANNELS; channel++) {
      float mean = (float) (config.mean().get(channel) * 255.0);
      float std = (float) (config.std().get(channel) * 255.0);
      for (int value = 0; value < 256; value++) {
        out[channel][value] = (value - mean) / std;
      }
    }
    return out;
  }

  /**
   * Decodes and patchifies; the grid is that of the decoded picture.
   *
   * @throws InvalidImageException when the bytes cannot be read as a picture, or its shape is
   *     refused
   */
  public PatchedImage process(byte[] bytes) throws InvalidImageException {
    return patchify(decoder.decode(bytes));
  }

  /**
   * Resizes and patchifies decoded pixels.
   *
   * @throws InvalidImageException when one side is more than 200 times the other
   */
  public PatchedImage patchify(RgbImage image) throws InvalidImageException {
    ImageGeometry.Size size;
    try {
      size = geometry.resized(image.width(), image.height());
    } catch (InvalidInputException e) {
      throw new InvalidImageException(String.valueOf(e.getMessage()), e);
    }
    ImageGrid grid =
        new ImageGrid(
            1,
            size.height() / config.patchSize(),
            size.width() / config.patchSize(),
            config.mergeSize());
    if (size.width() == image.width() && size.height() == image.height()) {
      return patches(MemorySegment.ofArray(image.samples()), grid);
    }
    try (Arena arena = Arena.ofConfined();
        TensorScope step = new TensorScope()) {
      MemorySegment source = arena.allocate(image.samples().length, 64);
      source.copyFrom(MemorySegment.ofArray(image.samples()));
      Tensor pixels = step.wrap(source, DType.UINT8, CHANNELS, image.height(), image.width());
      Tensor resized = script.call(step, "resize", pixels, size.height(), size.width());
      return patches(resized.segment(), grid);
    }
  }

  /**
   * Patch order: token rows, token columns, rows and columns inside the token; in a patch: channel,
   * frame, row, column. The frames of a still picture are equal.
   */
  private PatchedImage patches(MemorySegment planar, ImageGrid grid) {
    int side = config.patchSize();
    int width = grid.w() * side;
    int plane = width * grid.h() * side;
    int area = side * side;
    int frames = config.temporalPatchSize();
    int values = CHANNELS * frames * area;
    float[] out = new float[Math.multiplyExact(grid.patches(), values)];
    byte[] row = new byte[side];
    int merge = grid.merge();
    int perToken = merge * merge;
    for (int p = 0; p < grid.patches(); p++) {
      int token = p / perToken;
      int inner = p % perToken;
      int y = (token / grid.tokenColumns() * merge + inner / merge) * side;
      int x = (token % grid.tokenColumns() * merge + inner % merge) * side;
      for (int channel = 0; channel < CHANNELS; channel++) {
        int base = p * values + channel * frames * area;
        for (int line = 0; line < side; line++) {
          long from = (long) channel * plane + (long) (y + line) * width + x;
          MemorySegment.copy(planar, ValueLayout.JAVA_BYTE, from, row, 0, side);
          for (int i = 0; i < side; i++) {
            out[base + line * side + i] = normalised[channel][row[i] & 0xff];
          }
        }
        for (int frame = 1; frame < frames; frame++) {
          System.arraycopy(out, base, out, base + frame * area, area);
        }
      }
    }
    return new PatchedImage(grid, values, MemorySegment.ofArray(out));
  }

  @Override
  public void close() {
    script.close();
  }
}
