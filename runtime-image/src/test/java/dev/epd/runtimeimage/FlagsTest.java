package dev.epd.runtimeimage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.epd.contract.Role;
import dev.epd.runtime.tensor.Device;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;

class FlagsTest {
  @Test
  void theOperatorsFlagsAreUnderstood() {
    Flags flags =
        parse(
            "--role=gateway --model-dir=/models/m --model-name=m --max-context-tokens=4096 --cluster=c"
                + " --namespace=n --signing-key-file=/k --drain-timeout=90s --topology=encoder,prefill"
                + " --queue-max-patches=5000000000 --queue-max-bytes=7 --api-keys-file=/keys");
    flags.check();
    assertThat(flags.role).isEqualTo(Role.GATEWAY);
    assertThat(flags.pools()).containsExactlyInAnyOrder(Role.ENCODER, Role.PREFILL);
    assertThat(flags.drainTimeout).isEqualTo(Duration.ofSeconds(90));
    assertThat(flags.maxContext).isEqualTo(4096);
    assertThat(flags.queueMaxPatches).isEqualTo(5_000_000_000L);
    assertThat(flags.httpPort).isEqualTo(8000);
    assertThat(flags.metricsPort).isEqualTo(9090);
  }

  @Test
  void aPrefillThatIsNotToldTheTopologyCanEncode() {
    assertThat(parse("--role=prefill --model-dir=/m --signing-key-file=/k").encodesInline())
        .isTrue();
    assertThat(
            parse("--role=prefill --topology=encoder,prefill --model-dir=/m --signing-key-file=/k")
                .encodesInline())
        .isFalse();
    assertThat(parse("--role=prefill --model-dir=/models/qwen --signing-key-file=/k").servedName())
        .isEqualTo("qwen");
  }

  @Test
  void theEnginesFlagsAreUnderstood() {
    Flags flags =
        parse(
            "--role=prefill --model-dir=/m --signing-key-file=/k --chunk-tokens=512"
                + " --cache-bytes=1073741824 --max-slots=4 --max-images=2 --dtype=auto"
                + " --device=cuda");
    flags.check();
    assertThat(flags.chunkTokens).isEqualTo(512);
    assertThat(flags.cacheBytes).isEqualTo(1L << 30);
    assertThat(flags.isBfloat16(true)).isTrue();
    assertThat(flags.isBfloat16(false)).isFalse();
    assertThat(flags.computeDevice()).contains(Device.CUDA);
    Flags plain = parse("--role=prefill --model-dir=/m --signing-key-file=/k");
    assertThat(plain.isBfloat16(true)).isFalse();
    assertThat(plain.computeDevice()).isEmpty();
    assertThat(plain.cacheBytes).isEqualTo(256L << 20);
  }

  @Test
  void fetchIsAnotherProgram() {
    assertThat(Main.run(new String[] {"fetch", "--help"})).isZero();
    assertThat(Main.run(new String[] {"fetch", "--repo=a/b"})).isEqualTo(2);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--role=gateway | needs --topology",
        "--role=gateway --topology=prefill | --cluster",
        "--role=decode --topology=prefill | not in --topology",
        "--role=prefill --topology=encoder | prefill among them",
        "--role=prefill --endpoints=x | gateway's",
        "--role=singer | unknown role 'singer'",
        "--role=prefill --dtype=int3 | float32 or bfloat16",
        "--role=prefill --device=gpu | auto, cpu or cuda",
        "--role=prefill --chunk-tokens=-1 | must not be negative",
        "--role=prefill --drain-timeout=soon | no duration",
        "--role=prefill --color=red | Unknown option",
      })
  void whatCannotWorkIsSaid(String flags, String message) {
    assertThatThrownBy(() -> parse(flags + " --model-dir=/m --signing-key-file=/k").check())
        .isInstanceOf(ParameterException.class)
        .hasMessageContaining(message);
  }

  private static Flags parse(String line) {
    Flags flags = new Flags();
    List<String> args = new ArrayList<>(List.of(line.split(" ")));
    new CommandLine(flags).parseArgs(args.toArray(String[]::new));
    return flags;
  }
}
