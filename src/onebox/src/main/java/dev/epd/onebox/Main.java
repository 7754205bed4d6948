package dev.epd.onebox;

import dev.epd.onebox.demo.Demo;
import dev.epd.onebox.kubelet.ImageTable;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The command line: {@code up} runs a onebox until Ctrl-C, {@code down} removes one. */
public final class Main {
  private static final String USAGE =
      """
      usage: onebox up   [--state-dir DIR] [--images FILE] [--gpus N] [--volume NAME=FOLDER]...
             onebox down [--state-dir DIR]
             onebox demo [--state-dir DIR] [--once]

        up    starts Kubernetes on this machine and runs Pods as local processes, until Ctrl-C
        down  stops and removes everything of a state folder, also after a kill of its onebox
        demo  the product on this machine, run from the root of a built repository; --once checks and ends

        --state-dir  where everything is kept while it runs (default: .onebox)
        --images     what container images mean here: {env: {...}, images: {NAME: {command: [...]}}}
        --gpus       how many pretend nvidia.com/gpu the node has (default: 8)
        --volume     offers FOLDER as PersistentVolume NAME\
      """;

  private Main() {}

  private record Options(Path stateDir, @Nullable Path images, int gpus, List<String> volumes) {}

  public static void main(String[] args) throws InterruptedException {
    if (System.getProperty("logback.configurationFile") == null) {
      System.setProperty("logback.configurationFile", "dev/epd/onebox/logback.xml");
    }
    System.exit(run(args, System.out, System.err));
  }

  static int run(String[] args, PrintStream out, PrintStream err) throws InterruptedException {
    try {
      String command = args.length == 0 ? "" : args[0];
      switch (command) {
        case "up" -> up(options(args), out);
        case "down" -> down(options(args).stateDir(), out);
        case "demo" -> {
          return demo(args, err);
        }
        case "-h", "--help", "help" -> out.println(USAGE);
        default -> {
          err.println(USAGE);
          return 2;
        }
      }
      return 0;
    } catch (IllegalArgumentException e) {
      err.println("onebox: " + e.getMessage() + "\n" + USAGE);
      return 2;
    } catch (OneboxException e) {
      err.println("onebox: " + e.getMessage());
      return 1;
    }
  }

  private static void up(Options options, PrintStream out) throws InterruptedException {
    ImageTable images =
        options.images() == null ? ImageTable.empty() : ImageTable.load(options.images());
    OneboxConfig config =
        OneboxConfig.defaults(images).withStateDir(options.stateDir()).withGpus(options.gpus());
    out.println("onebox: starting Kubernetes in " + options.stateDir().toAbsolutePath());
    try (Onebox box = Onebox.start(config)) {
      for (String volume : options.volumes()) {
        int equals = volume.indexOf('=');
        if (equals < 1) {
          throw new IllegalArgumentException("--volume wants NAME=FOLDER, not " + volume);
        }
        box.persistentVolume(volume.substring(0, equals), Path.of(volume.substring(equals + 1)));
      }
      out.println("onebox: ready");
      out.println("  export KUBECONFIG=" + box.controlPlane().adminKubeconfig());
      out.println("  kubectl: " + box.controlPlane().kubeBinary() + " kubectl");
      out.println("  pod logs: " + box.podLogs() + " (or kubectl logs)");
      out.println("  Ctrl-C stops it and removes its files");
      new CountDownLatch(1).await(); // until the signal; the shutdown hook does the rest
    }
  }

  private static int demo(String[] args, PrintStream err) throws InterruptedException {
    boolean once = List.of(args).contains("--once");
    String[] rest = Stream.of(args).filter(arg -> !arg.equals("--once")).toArray(String[]::new);
    try {
      return new Demo(Path.of("").toAbsolutePath(), options(rest).stateDir(), once).run();
    } catch (OneboxException | InterruptedException e) {
      throw e;
    } catch (Exception e) {
      err.println("demo: " + e);
      return 1;
    }
  }

  private static void down(Path stateDir, PrintStream out) {
    boolean found = Onebox.destroy(stateDir);
    out.println(
        found
            ? "onebox: stopped and removed " + stateDir.toAbsolutePath()
            : "onebox: nothing in " + stateDir.toAbsolutePath());
  }

  private static Options options(String[] args) {
    Path stateDir = Path.of(".onebox");
    Path images = null;
    int gpus = 8;
    List<String> volumes = new java.util.ArrayList<>();
    for (int i = 1; i < args.length; i += 2) {
      if (i + 1 == args.length) {
        throw new IllegalArgumentException(args[i] + " needs a value");
      }
      String value = args[i + 1];
      switch (args[i]) {
        case "--state-dir" -> stateDir = Path.of(value);
        case "--images" -> images = Path.of(value);
        case "--gpus" -> gpus = Integer.parseInt(value);
        case "--volume" -> volumes.add(value);
        default -> throw new IllegalArgumentException("unknown option " + args[i]);
      }
    }
    return new Options(stateDir, images, gpus, volumes);
  }
}
