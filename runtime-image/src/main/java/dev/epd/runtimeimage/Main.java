package dev.epd.runtimeimage;

import dev.epd.modelspec.ModelSpecException;
import dev.epd.runtimeimage.fetch.FetchCommand;
import java.io.IOException;
import java.util.Arrays;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;

/**
 * Starts a pod, or with {@code fetch} as its first word brings a model from a hub. Exit codes: 0
 * drained or help, 1 could not start or broke, 2 bad flags, 3 the model cannot be loaded, 4 work
 * was left when the time to drain was over. The operator tells 3 and 4 from the others and says so
 * in its conditions and events.
 */
public final class Main {
  private static final Logger LOG = LoggerFactory.getLogger(Main.class);
  private static final int FAILED = 1;
  private static final int USAGE = 2;
  private static final int BAD_MODEL = 3;

  /** Work was cut off at the end of the drain timeout. */
  public static final int WORK_LEFT = 4;

  private Main() {}

  public static void main(String[] args) {
    System.exit(run(args));
  }

  static int run(String[] args) {
    if (args.length > 0 && args[0].equals("fetch")) {
      return FetchCommand.run(Arrays.copyOfRange(args, 1, args.length));
    }
    Flags flags = new Flags();
    CommandLine command = new CommandLine(flags);
    try {
      command.parseArgs(args);
      if (command.isUsageHelpRequested()) {
        command.usage(System.out);
        return 0;
      }
      if (command.isVersionHelpRequested()) {
        command.printVersionHelp(System.out);
        return 0;
      }
      flags.check();
    } catch (ParameterException e) {
      System.err.println(e.getMessage());
      System.err.println("Run with --help to see all flags.");
      return USAGE;
    }
    return start(flags);
  }

  private static int start(Flags flags) {
    try {
      return new Pod(flags).run();
    } catch (ModelSpecException e) {
      LOG.error("cannot start: {}", e.getMessage());
      return BAD_MODEL;
    } catch (IOException e) {
      LOG.error("cannot start: {}", e.getMessage());
      return FAILED;
    } catch (IllegalArgumentException | IllegalStateException e) {
      LOG.error("cannot start: {}", e.getMessage(), e.getCause());
      return FAILED;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return FAILED;
    } catch (RuntimeException e) {
      LOG.error("cannot start", e);
      return FAILED;
    }
  }
}
