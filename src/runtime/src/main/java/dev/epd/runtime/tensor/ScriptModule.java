package dev.epd.runtime.tensor;

import ai.djl.engine.EngineException;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtSymbolBlock;
import ai.djl.pytorch.jni.IValue;
import ai.djl.pytorch.jni.IValueUtils;
import ai.djl.pytorch.jni.JniUtils;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * A TorchScript module made from source text. Methods run under inference mode, one native call
 * each. Several threads may call a module whose methods do not write attributes.
 *
 * <p>The just-in-time compiler merges equal factory calls, also across loop turns: memory that a
 * method writes into must be allocated in Java and passed in.
 */
public final class ScriptModule implements AutoCloseable {
  private static final String HEAD =
      """
      class M(Module):
        __parameters__ = []
        __buffers__ = []
        training : bool
        w : List[Tensor]
        def set_weights(self: __torch__.M, weights: List[Tensor]) -> int:
          self.w = weights
          return torch.len(weights)
      """;

  private final String name;
  private final PtSymbolBlock block;
  private boolean asWritten;

  private ScriptModule(String name, PtSymbolBlock block) {
    this.name = name;
    this.block = block;
  }

  /**
   * Compiles the methods in a resource next to {@code owner}. The file holds methods of class
   * {@code M} indented by two blanks; {@code self.w} are the weights of {@link #setWeights}.
   */
  public static ScriptModule fromResource(Class<?> owner, String resource) {
    try (InputStream in = owner.getResourceAsStream(resource)) {
      if (in == null) {
        throw new IllegalArgumentException(
            "no resource " + resource + " beside " + owner.getName());
      }
      return compile(resource, new String(in.readAllBytes(), StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Compiles {@code methods}, the text of methods of class {@code M} indented by two blanks. */
  public static ScriptModule compile(String name, String methods) {
    Torch torch = Torch.get();
    byte[] archive = TorchScriptArchive.write("M", HEAD + methods);
    try {
      PtSymbolBlock block =
          JniUtils.loadModule(torch.root(), new ByteArrayInputStream(archive), false, false);
      return new ScriptModule(name, block);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (EngineException e) {
      throw new IllegalArgumentException("TorchScript " + name + " does not compile", e);
    }
  }

  /**
   * Runs methods as they are written from now on. On a GPU libtorch otherwise compiles parts of
   * them after the first calls, which is faster and gives other last bits than before.
   */
  public void runAsWritten() {
    asWritten = true;
  }

  /** Gives the module its weights; the module shares their memory and does not own it. */
  public void setWeights(List<Tensor> weights) {
    run("set_weights", weights);
  }

  /** Runs a method for its effect on its arguments; it returns an int that says nothing. */
  public void run(String method, Object... arguments) {
    invoke(method, toIValues(arguments)).close();
  }

  /**
   * Runs a method that returns one tensor, which belongs to {@code scope}.
   *
   * @param arguments {@link Tensor}, non-empty {@code List<Tensor>}, {@link Integer}, {@link Long},
   *     {@link Double}, {@link Boolean}, {@code int[]} or {@code long[]}
   */
  public Tensor call(TensorScope scope, String method, Object... arguments) {
    try (IValue result = invoke(method, toIValues(arguments))) {
      return scope.adopt(result.toTensor(Torch.get().root()), null);
    }
  }

  /** Runs a method that returns a list of tensors, which belong to {@code scope}. */
  public List<Tensor> callForList(TensorScope scope, String method, Object... arguments) {
    try (IValue result = invoke(method, toIValues(arguments))) {
      List<Tensor> out = new ArrayList<>();
      for (PtNDArray array : result.toTensorArray(Torch.get().root())) {
        out.add(scope.adopt(array, null));
      }
      return out;
    }
  }

  private IValue invoke(String method, List<IValue> arguments) {
    try {
      if (asWritten) {
        JniUtils.setGraphExecutorOptimize(false);
      }
      return IValueUtils.runMethod(block, method, arguments.toArray(IValue[]::new));
    } catch (EngineException e) {
      throw new IllegalStateException("TorchScript " + name + "." + method + " failed", e);
    } finally {
      if (asWritten) {
        JniUtils.setGraphExecutorOptimize(true);
      }
      arguments.forEach(IValue::close);
    }
  }

  private static List<IValue> toIValues(Object[] arguments) {
    List<IValue> out = new ArrayList<>(arguments.length);
    for (Object argument : arguments) {
      out.add(toIValue(argument));
    }
    return out;
  }

  private static IValue toIValue(Object argument) {
    return switch (argument) {
      case Tensor t -> IValue.from(t.array());
      case Integer i -> IValue.from(i.longValue());
      case Long l -> IValue.from(l);
      case Double d -> IValue.from(d);
      case Boolean b -> IValue.from(b);
      case long[] a -> IValue.listFrom(a);
      case int[] a -> {
        long[] wide = new long[a.length];
        for (int i = 0; i < a.length; i++) {
          wide[i] = a[i];
        }
        yield IValue.listFrom(wide);
      }
      case List<?> list ->
          IValue.listFrom(list.stream().map(t -> ((Tensor) t).array()).toArray(PtNDArray[]::new));
      default ->
          throw new IllegalArgumentException(
              "a script cannot take " + argument.getClass().getName());
    };
  }

  /** Frees the module; its weights stay with their owner. */
  @Override
  public void close() {
    block.close();
  }
}
