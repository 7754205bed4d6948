package dev.epd.autoscaler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import org.junit.jupiter.api.Test;

class CholeskyTest {
  @Test
  void whatIsSolvedIsTheAnswer() {
    Random random = new Random(7);
    for (int n = 1; n <= 8; n++) {
      double[][] rows = new double[n + 3][n];
      double[] truth = random.doubles(n, -5, 5).toArray();
      double[] a = new double[Cholesky.at(n, 0)];
      double[] x = new double[n];
      for (double[] row : rows) {
        java.util.Arrays.setAll(row, i -> random.nextGaussian());
        double b = 0;
        for (int i = 0; i < n; i++) {
          b += row[i] * truth[i];
        }
        for (int i = 0; i < n; i++) {
          x[i] += row[i] * b;
          for (int j = 0; j <= i; j++) {
            a[Cholesky.at(i, j)] += row[i] * row[j];
          }
        }
      }
      Cholesky.solve(a, x);
      assertThat(x).containsExactly(truth, within(1e-6));
    }
  }
}
