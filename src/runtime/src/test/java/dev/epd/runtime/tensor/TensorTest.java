package dev.epd.runtime.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class TensorTest {
  private static final String METHODS =
      """
        def scaled(self: __torch__.M, x: Tensor, by: float, times: int) -> Tensor:
          y = x
          for i in range(times):
            y = y * by
          return y
        def bump(self: __torch__.M, x: Tensor) -> int:
          _0 = torch.add_(x, 1)
          return 0
        def weighted(self: __torch__.M, x: Tensor, at: int) -> Tensor:
          return torch.linear(x, self.w[at])
        def wide(self: __torch__.M, x: Tensor) -> Tensor:
          return torch.to(x, 6)
        def parts(self: __torch__.M, xs: List[Tensor], pick: List[int]) -> List[Tensor]:
          out = annotate(List[Tensor], [])
          for i in range(torch.len(pick)):
            _0 = torch.append(out, torch.neg(xs[pick[i]]))
          return out
        def turned(self: __torch__.M, x: Tensor) -> Tensor:
          return torch.transpose(x, 0, 1)
        def split(self: __torch__.M, x: Tensor) -> Tensor:
          return torch.reshape(x, [7, 7])
      """;

  private static ScriptModule script;

  @BeforeAll
  static void start() {
    Torch.start(TorchOptions.ofThreads(2));
    script = ScriptModule.compile("test", METHODS);
  }

  @Test
  void callsMethodsWithAllKindsOfArguments() {
    try (TensorScope scope = new TensorScope()) {
      Tensor x = scope.floats(new float[] {1, 2, 3, 4}, 2, 2);
      assertThat(script.call(scope, "scaled", x, 2.0, 3).toFloats()).containsExactly(8, 16, 24, 32);
      List<Tensor> parts =
          script.callForList(
              scope, "parts", List.of(x, scope.zeros(DType.FLOAT32, 1)), new int[] {1, 0});
      assertThat(parts).hasSize(2);
      assertThat(parts.get(1).toFloats()).containsExactly(-1, -2, -3, -4);
    }
  }

  @Test
  void weightsAreSharedNotCopied() {
    try (TensorScope scope = new TensorScope()) {
      Tensor weight = scope.floats(new float[] {1, 0, 0, 1}, 2, 2);
      script.setWeights(List.of(weight));
      weight.segment().setAtIndex(ValueLayout.JAVA_FLOAT, 0, 5f);
      Tensor x = scope.floats(new float[] {1, 1}, 1, 2);
      assertThat(script.call(scope, "weighted", x, 0).toFloats()).containsExactly(5, 1);
    }
  }

  @Test
  void wrapsJavaMemoryWithoutACopyInBothDirections() {
    try (Arena arena = Arena.ofConfined();
        TensorScope scope = new TensorScope()) {
      MemorySegment memory = arena.allocate(12, 64);
      Tensor x = scope.wrap(memory, DType.FLOAT32, 3);
      script.run("bump", x);
      assertThat(memory.toArray(ValueLayout.JAVA_FLOAT)).containsExactly(1, 1, 1);
      assertThat(x.segment().address()).isEqualTo(memory.address());
    }
  }

  @Test
  void bfloat16FromJavaMemory() {
    try (Arena arena = Arena.ofConfined();
        TensorScope scope = new TensorScope()) {
      MemorySegment memory = arena.allocate(4, 64);
      memory.setAtIndex(ValueLayout.JAVA_SHORT, 0, (short) 0x3F80);
      memory.setAtIndex(ValueLayout.JAVA_SHORT, 1, (short) 0xC000);
      Tensor x = scope.wrap(memory, DType.BFLOAT16, 2);
      assertThat(x.dtype()).isEqualTo(DType.BFLOAT16);
      assertThat(script.call(scope, "wide", x).toFloats()).containsExactly(1f, -2f);
    }
  }

  @Test
  void memoryOfATransposedViewIsRefused() {
    try (TensorScope scope = new TensorScope()) {
      Tensor view = script.call(scope, "turned", scope.floats(new float[6], 2, 3));
      assertThat(view.shape()).containsExactly(3, 2);
      assertThatThrownBy(view::segment)
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("not contiguous");
    }
  }

  @Test
  void aFailingMethodSaysWhich() {
    try (TensorScope scope = new TensorScope()) {
      Tensor x = scope.floats(new float[4], 4);
      assertThatThrownBy(() -> script.call(scope, "split", x))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("test.split");
    }
  }

  @Test
  void brokenTextIsRefused() {
    assertThatThrownBy(
            () ->
                ScriptModule.compile(
                    "broken", "  def f(self: __torch__.M) -> int:\n    return nope\n"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("broken");
  }

  @Test
  void wrongSizesAreRefused() {
    try (TensorScope scope = new TensorScope()) {
      assertThatThrownBy(() -> scope.floats(new float[3], 2, 2))
          .isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() -> scope.wrap(MemorySegment.ofArray(new byte[4]), DType.FLOAT32, 1))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("Arena");
    }
  }

  @Test
  void partsAreReadAndWrittenInPlace() {
    try (Arena arena = Arena.ofConfined();
        TensorScope scope = new TensorScope()) {
      Tensor x = scope.floats(new float[] {1, 2, 3, 4}, 2, 2);
      MemorySegment host = arena.allocate(8, 4);
      x.read(8, host);
      assertThat(host.toArray(ValueLayout.JAVA_FLOAT)).containsExactly(3, 4);
      x.write(4, host);
      assertThat(x.toFloats()).containsExactly(1, 3, 4, 4);
      assertThat(x.onHost(arena).address()).isEqualTo(x.segment().address());
      assertThatThrownBy(() -> x.read(12, host)).isInstanceOf(IndexOutOfBoundsException.class);
    }
  }

  @Test
  void releasedTensorsOutliveTheirScopeAndOthersDoNot() {
    TensorScope scope = new TensorScope();
    Tensor kept = scope.floats(new float[] {7}, 1);
    Tensor lost = scope.floats(new float[] {8}, 1);
    scope.release(kept);
    scope.close();
    assertThat(kept.toFloats()).containsExactly(7);
    assertThatThrownBy(lost::toFloats).hasMessageContaining("closed");
    kept.close();
    kept.close();
    assertThat(kept.isClosed()).isTrue();
  }

  @Test
  void stepsLeakNeitherTensorsNorMemory() throws IOException {
    int open = Torch.openTensors();
    step(200);
    long before = residentBytes();
    step(2000);
    // 2000 steps touch 2000 x 2 MiB; a leak of one tensor per step would keep 2 to 4 GiB.
    assertThat(residentBytes() - before).isLessThan(500L << 20);
    assertThat(Torch.openTensors()).isEqualTo(open);
  }

  private static void step(int times) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment memory = arena.allocate(1 << 20, 64);
      for (int i = 0; i < times; i++) {
        try (TensorScope scope = new TensorScope()) {
          Tensor x = scope.wrap(memory, DType.FLOAT32, 1 << 18);
          script.callForList(scope, "parts", List.of(x, x), new int[] {0, 1});
        }
      }
    }
  }

  private static long residentBytes() throws IOException {
    String pages = Files.readString(Path.of("/proc/self/statm")).split(" ")[1];
    return Long.parseLong(pages) * 4096;
  }
}
