package dev.epd.runtime.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.Optional;
import org.junit.jupiter.api.Test;

class DeviceTest {
  private static final Optional<Device> AUTO = Optional.empty();

  @Test
  void autoTakesAGpuWhereThereIsOne() {
    assertThat(Torch.choose(AUTO, true)).isEqualTo(Device.CUDA);
    assertThat(Torch.choose(AUTO, false)).isEqualTo(Device.CPU);
  }

  @Test
  void whatIsAskedForIsTaken() {
    assertThat(Torch.choose(Optional.of(Device.CPU), true)).isEqualTo(Device.CPU);
    assertThat(Torch.choose(Optional.of(Device.CUDA), true)).isEqualTo(Device.CUDA);
  }

  @Test
  void aGpuThatIsNotThereIsRefused() {
    Torch.start(TorchOptions.ofThreads(2));
    assumeTrue(Torch.choose(AUTO) == Device.CPU, "there is a GPU");
    assertThatThrownBy(() -> Torch.choose(Optional.of(Device.CUDA)))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("libtorch sees no GPU")
        .hasMessageContaining("PYTORCH_LIBRARY_PATH");
  }

  @Test
  void tensorsSayWhereTheyLie() {
    Torch.start(TorchOptions.ofThreads(2));
    try (TensorScope scope = new TensorScope()) {
      assertThat(scope.zeros(DType.FLOAT32, 1).device()).isEqualTo(Device.CPU);
    }
  }
}
