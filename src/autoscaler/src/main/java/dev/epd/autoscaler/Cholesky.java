package dev.epd.autoscaler;

/** Solves the normal equations of a least-squares fit that is held to something. */
final class Cholesky {
  private Cholesky() {}

  /**
   * Place of an entry in the lower half of a symmetric matrix, row by row.
   *
   * @param j at most {@code i}
   */
  static int at(int i, int j) {
    return i * (i + 1) / 2 + j;
  }

  /**
   * Solves {@code a · x = b}.
   *
   * @param a the lower half of a positive definite matrix, as {@link #at} has it; overwritten
   * @param x b, and x in the end
   */
  static void solve(double[] a, double[] x) {
    int n = x.length;
    for (int i = 0; i < n; i++) {
      for (int j = 0; j <= i; j++) {
        double sum = a[at(i, j)];
        for (int k = 0; k < j; k++) {
          sum -= a[at(i, k)] * a[at(j, k)];
        }
        a[at(i, j)] = i == j ? Math.sqrt(sum) : sum / a[at(j, j)];
      }
    }
    for (int i = 0; i < n; i++) {
      for (int k = 0; k < i; k++) {
        x[i] -= a[at(i, k)] * x[k];
      }
      x[i] /= a[at(i, i)];
    }
    for (int i = n - 1; i >= 0; i--) {
      for (int k = i + 1; k < n; k++) {
        x[i] -= a[at(k, i)] * x[k];
      }
      x[i] /= a[at(i, i)];
    }
  }
}
