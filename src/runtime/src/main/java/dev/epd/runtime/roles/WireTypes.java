package dev.epd.runtime.roles;

import dev.epd.contract.ErrorKind;
import dev.epd.contract.RoleException;
import dev.epd.contract.v1.FinishReason;
import dev.epd.contract.v1.Finished;
import dev.epd.contract.v1.Sampling;
import dev.epd.contract.v1.Token;
import dev.epd.runtime.engine.SamplingParams;
import dev.epd.runtime.engine.Sequence;
import dev.epd.runtime.model.KvCache;
import dev.epd.transfer.DType;
import java.util.HashSet;

/** The engine's words in those of the contract and back. */
final class WireTypes {
  private WireTypes() {}

  static DType of(dev.epd.runtime.tensor.DType type) {
    return switch (type) {
      case FLOAT32 -> DType.F32;
      case BFLOAT16 -> DType.BF16;
      case FLOAT16 -> DType.F16;
      case INT64 -> DType.I64;
      case INT32 -> DType.I32;
      case UINT8, BOOL -> DType.U8;
    };
  }

  /** The number of a layer's keys or values among the parts of a KV transfer. */
  static int kvPart(int layer, KvCache.Kind kind) {
    return 2 * layer + (kind == KvCache.Kind.KEY ? 0 : 1);
  }

  /** An absent top_p means 1. */
  static SamplingParams of(Sampling sampling) {
    try {
      return new SamplingParams(
          sampling.getTemperature(),
          sampling.getTopP() == 0 ? 1 : sampling.getTopP(),
          sampling.getSeed(),
          sampling.getMaxTokens(),
          new HashSet<>(sampling.getStopTokenIdsList()));
    } catch (IllegalArgumentException e) {
      throw new RoleException(ErrorKind.INVALID_REQUEST, String.valueOf(e.getMessage()), e);
    }
  }

  static Token token(int id, int index, int logitsCrc32c) {
    return Token.newBuilder().setId(id).setIndex(index).setLogitsCrc32C(logitsCrc32c).build();
  }

  static Finished finished(Sequence.Finish reason, int tokens) {
    return Finished.newBuilder()
        .setReason(
            switch (reason) {
              case STOP -> FinishReason.FINISH_REASON_STOP;
              case LENGTH -> FinishReason.FINISH_REASON_LENGTH;
            })
        .setCompletionTokens(tokens)
        .build();
  }
}
