package dev.epd.simulator.trace;

import java.util.ArrayList;
import java.util.List;

/**
 * Hours in which the number of images per request jumps while the number of requests hardly moves,
 * as in the Azure LMM trace of October 2024 (ModServe, arXiv 2502.00937; AzurePublicDataset, CC BY
 * 4.0). The data itself was not at hand: this follows what its notebook plots, to about 2 %.
 *
 * <p>Read off there: half of the requests are text alone; images per request 1 in 66 % of the
 * others, up to 4 in 71 %, 9 in 86 %, 16 in 88 %, 25 in 92 %, 49 in 93 %, 100 in 94 %, and 529 at
 * most, all squares: tiles. Images per minute have a median of about 1,000 and reach 22,600 in
 * bursts of hours. A tile is 448 pixels wide, 256 image tokens.
 *
 * @param requestsPerSecond requests with images, of all tenants
 * @param bursts how many bursts
 * @param seconds length of the trace
 */
public record AzureShaped(double requestsPerSecond, int bursts, double seconds) implements Source {
  private static final int[] COUNTS = {1, 4, 9, 16, 25, 49, 100};
  private static final double[] SHARES = {66, 4.8, 14.9, 1.8, 4.8, 0.9, 1.1};
  private static final int[] LARGE = {144, 196, 256, 324, 400, 529};
  private static final int PATCHES = 1024;
  private static final double ONSET = 600;

  private record Burst(double from, double to, double height) {
    double at(double t) {
      double edge = Math.min(t - from, to - t) / ONSET;
      return height * Math.clamp(edge, 0, 1);
    }
  }

  /** A day and a half with two bursts; a pool of one or two encoders outside of them. */
  public static AzureShaped standard() {
    return new AzureShaped(12, 2, 129_600);
  }

  @Override
  public String name() {
    return "azure";
  }

  @Override
  public void emit(long seed, Requests out) {
    Draw draw = new Draw(seed);
    Pmf usual = new Pmf(COUNTS, SHARES);
    Pmf large = new Pmf(LARGE, new double[] {1, 1, 1, 1, 1, 1});
    List<Burst> plan = bursts(draw);
    double noise = 0;
    int minute = -1;
    double t = 0;
    while (true) {
      double day = 1 + 0.15 * Math.sin(2 * Math.PI * t / 86_400);
      t += draw.exponential() / (2 * requestsPerSecond * day);
      if (t >= seconds) {
        return;
      }
      if ((int) (t / 60) != minute) {
        minute = (int) (t / 60);
        noise = 0.8 * noise + 0.6 * draw.gaussian();
      }
      boolean text = draw.uniform() < 0.5;
      double share = 0;
      for (Burst burst : plan) {
        share += burst.at(t);
      }
      share *= Math.exp(0.2 * noise);
      int images = text ? 0 : draw.uniform() < share ? large.draw(draw) : usual.draw(draw);
      out.accept(t, images, PATCHES, 572, 130);
    }
  }

  /** Each in its own part of the time; the first reaches the full height. */
  private List<Burst> bursts(Draw draw) {
    List<Burst> plan = new ArrayList<>();
    double slot = seconds / bursts;
    for (int i = 0; i < bursts; i++) {
      double length = (3 + 3 * draw.uniform()) * 3600;
      double from = i * slot + 3600 + draw.uniform() * Math.max(0, slot - length - 7200);
      plan.add(new Burst(from, from + length, i == 0 ? 0.09 : 0.03 + 0.06 * draw.uniform()));
    }
    return plan;
  }
}
