package dev.epd.simulator.report;

import dev.epd.simulator.Comparison;
import dev.epd.simulator.Outcome;
import java.util.List;
import java.util.Locale;
import java.util.function.IntToDoubleFunction;

/** Replicas over time as an SVG picture: the demand, ours, and the peers asked for. */
public final class Svg {
  private static final int WIDTH = 1000;
  private static final int HEIGHT = 360;
  private static final int LEFT = 50;
  private static final int TOP = 40;
  private static final int POINTS = 900;
  private static final List<String> COLORS =
      List.of("#1b7f3b", "#c0392b", "#2d6cc0", "#b8860b", "#7d3c98");

  private Svg() {}

  /** Draws one run; each policy's line is its ready replicas. */
  public static String plot(Comparison run, List<String> policies) {
    int[] demand = run.optimum().demand();
    double top = run.setup().max() + 1;
    StringBuilder svg = new StringBuilder();
    svg.append(
        String.format(
            Locale.ROOT,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\""
                + " font-family=\"sans-serif\" font-size=\"12\">%n"
                + "<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>%n",
            WIDTH,
            HEIGHT));
    text(
        svg,
        LEFT,
        18,
        "#000",
        "%s, seed %d: ready replicas (grey: replicas that the deadline demands)"
            .formatted(run.trace(), run.seed()));
    axes(svg, top, demand.length);
    area(svg, demand.length, top, t -> demand[t]);
    int color = 0;
    for (String policy : policies) {
      for (Outcome outcome : run.outcomes()) {
        if (outcome.policy().equals(policy)) {
          short[] ready = outcome.timeline().ready();
          String stroke = COLORS.get(color % COLORS.size());
          line(svg, ready.length, top, t -> ready[t], stroke);
          text(svg, LEFT + 10 + 130 * color, TOP - 6, stroke, policy);
          color++;
        }
      }
    }
    return svg.append("</svg>\n").toString();
  }

  private static void axes(StringBuilder svg, double top, int seconds) {
    int step = Math.max(1, (int) Math.ceil(top / 8));
    for (int n = 0; n <= top; n += step) {
      double y = y(n, top);
      svg.append(
          String.format(
              Locale.ROOT,
              "<line x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\" stroke=\"#ddd\"/>%n",
              LEFT,
              WIDTH - 10,
              y,
              y));
      text(svg, 20, (int) y + 4, "#555", Integer.toString(n));
    }
    for (int i = 0; i <= 6; i++) {
      double hours = seconds / 3600.0 * i / 6;
      text(
          svg,
          LEFT + (WIDTH - 10 - LEFT) * i / 6 - 14,
          HEIGHT - 8,
          "#555",
          String.format(Locale.ROOT, "%.2f h", hours));
    }
  }

  private static void area(StringBuilder svg, int seconds, double top, IntToDoubleFunction value) {
    svg.append(
        String.format(Locale.ROOT, "<polygon fill=\"#ccc\" points=\"%d,%.1f", LEFT, y(0, top)));
    points(svg, seconds, top, value);
    svg.append(String.format(Locale.ROOT, " %d,%.1f\"/>%n", WIDTH - 10, y(0, top)));
  }

  private static void line(
      StringBuilder svg, int seconds, double top, IntToDoubleFunction value, String stroke) {
    svg.append("<polyline fill=\"none\" stroke-width=\"1.2\" stroke=\"").append(stroke);
    svg.append("\" points=\"");
    points(svg, seconds, top, value);
    svg.append("\"/>\n");
  }

  /** The most of each interval, so that no peak is lost. */
  private static void points(
      StringBuilder svg, int seconds, double top, IntToDoubleFunction value) {
    int points = Math.min(POINTS, seconds);
    for (int p = 0; p < points; p++) {
      double most = 0;
      for (int t = (int) ((long) p * seconds / points);
          t < (long) (p + 1) * seconds / points;
          t++) {
        most = Math.max(most, value.applyAsDouble(t));
      }
      double x = LEFT + (WIDTH - 10.0 - LEFT) * p / Math.max(1, points - 1);
      svg.append(String.format(Locale.ROOT, " %.1f,%.1f", x, y(most, top)));
    }
  }

  private static double y(double value, double top) {
    return HEIGHT - 25 - (HEIGHT - 25.0 - TOP) * value / top;
  }

  private static void text(StringBuilder svg, int x, int y, String color, String words) {
    svg.append(
        String.format(
            Locale.ROOT,
            "<text x=\"%d\" y=\"%d\" fill=\"%s\">%s</text>%n",
            x,
            y,
            color,
            words.replace("&", "&amp;").replace("<", "&lt;")));
  }
}
