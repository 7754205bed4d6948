package dev.epd.autoscaler;

import dev.epd.autoscaler.LoadSample.EncoderTotals;
import java.util.List;

/**
 * The law of an encoder's time, {@code busy = images · overhead + patches / rate}, by least squares
 * over what every encoder did between two looks; what is long ago fades.
 *
 * <p>Many small images cost more than one large image of as many patches. The mean of the mix is
 * wrong by that as soon as the mix changes.
 *
 * @param images2 sum of squares of images
 * @param both sum of images times patches
 * @param patches2 sum of squares of patches
 * @param imagesBusy sum of images times busy seconds
 * @param patchesBusy sum of patches times busy seconds
 * @param seconds busy seconds seen
 * @param sizes what the size of an image adds to that
 * @param speeds how fast each encoder is beside a usual one; all of the above is in the time of
 *     usual ones
 */
public record CostFit(
    double images2,
    double both,
    double patches2,
    double imagesBusy,
    double patchesBusy,
    double seconds,
    SizeFit sizes,
    Speeds speeds) {
  /** Nothing seen. */
  public static final CostFit NONE = new CostFit(0, 0, 0, 0, 0, 0, SizeFit.NONE, Speeds.NONE);

  /** Busy seconds within which it fades. */
  private static final double SPAN = 1000;

  /** Busy seconds before which it says nothing. */
  private static final double ENOUGH = 20;

  /** Share of images and patches that has to vary apart; with less, a fit would be noise. */
  private static final double APART = 0.02;

  /** In images of the mean size: no image costs more by itself. */
  private static final double MOST = 4;

  /** Seconds within which what is believed follows what the fit says. */
  private static final double FOLLOWS = 60;

  /**
   * Takes one more look.
   *
   * @param looks what each encoder has done since the last one, in the time of a usual one
   * @param overhead what an image is believed to cost by itself, in patches
   * @param elapsed seconds since the last look
   */
  CostFit with(List<EncoderTotals> looks, double overhead, double elapsed) {
    double ii = images2;
    double ip = both;
    double pp = patches2;
    double ib = imagesBusy;
    double pb = patchesBusy;
    double busy = seconds;
    for (EncoderTotals look : looks) {
      double i = look.done().images();
      double p = look.done().patches();
      double b = look.busySeconds();
      if (i > 0 && p > 0 && b > 0) {
        double fade = Math.exp(-b / SPAN);
        ii = fade * ii + i * i;
        ip = fade * ip + i * p;
        pp = fade * pp + p * p;
        ib = fade * ib + i * b;
        pb = fade * pb + p * b;
        busy = fade * busy + b;
      }
    }
    SizeFit nextSizes = sizes.with(looks, overhead, elapsed);
    return new CostFit(ii, ip, pp, ib, pb, busy, nextSizes, speeds);
  }

  CostFit with(Speeds next) {
    return next == speeds
        ? this
        : new CostFit(images2, both, patches2, imagesBusy, patchesBusy, seconds, sizes, next);
  }

  /** What images cost, in patches: each by itself, and its patches by its size. */
  double work(Mix mix, double overhead) {
    return sizes.work(mix, overhead);
  }

  /**
   * What an image costs by itself, in patches, after a while: what was believed where the mix does
   * not tell.
   *
   * @param believed the same before
   * @param elapsed seconds since then
   */
  double overhead(double believed, double elapsed) {
    double apart = images2 * patches2 - both * both;
    if (seconds < ENOUGH || !(apart > APART * images2 * patches2)) {
      return believed;
    }
    double perImage = (imagesBusy * patches2 - patchesBusy * both) / apart;
    double perPatch = (patchesBusy * images2 - imagesBusy * both) / apart;
    if (!(perPatch > 0)) {
      return believed;
    }
    double seen = Math.clamp(perImage / perPatch, 0, MOST * both / images2);
    return believed + (1 - Math.exp(-elapsed / FOLLOWS)) * (seen - believed);
  }
}
