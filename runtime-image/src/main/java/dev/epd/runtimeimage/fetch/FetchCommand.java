package dev.epd.runtimeimage.fetch;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/**
 * {@code fetch}: the model's files from a hub into a folder. Exit codes as the program's: 0 all is
 * there, 2 bad flags, 3 the model cannot be had and one line says why.
 */
@Command(
    name = "fetch",
    mixinStandardHelpOptions = true,
    description = {
      "Fetches a model from a hub into a folder, and goes on where an earlier try ended.",
      "HF_TOKEN is sent as the token, if set."
    })
public final class FetchCommand {
  private static final Logger LOG = LoggerFactory.getLogger(FetchCommand.class);
  private static final int USAGE = 2;
  private static final int BAD_MODEL = 3;
  private static final Duration TIMEOUT = Duration.ofSeconds(60);
  private static final Duration FIRST_PAUSE = Duration.ofSeconds(1);

  @Option(names = "--repo", required = true, description = "as in Qwen/Qwen2.5-VL-3B-Instruct")
  String repo;

  @Option(names = "--revision", required = true, description = "commit, tag or branch")
  String revision;

  @Option(names = "--into", required = true, description = "folder that the files go into")
  Path into;

  @Option(
      names = "--endpoint",
      defaultValue = "${env:HF_ENDPOINT:-https://huggingface.co}",
      description = "the hub (default: HF_ENDPOINT, or https://huggingface.co)")
  String endpoint;

  /** picocli fills the fields. */
  @SuppressWarnings("NullAway.Init")
  FetchCommand() {}

  /** Runs the command and returns its exit code. */
  public static int run(String[] args) {
    return run(args, System.getenv("HF_TOKEN"), FIRST_PAUSE, TIMEOUT);
  }

  static int run(String[] args, @Nullable String token, Duration firstPause, Duration timeout) {
    FetchCommand flags = new FetchCommand();
    CommandLine command = new CommandLine(flags);
    try {
      command.parseArgs(args);
      if (command.isUsageHelpRequested()) {
        command.usage(System.out);
        return 0;
      }
    } catch (ParameterException e) {
      System.err.println(e.getMessage());
      return USAGE;
    }
    return flags.fetch(
        token == null || token.isBlank() ? null : token.strip(), firstPause, timeout);
  }

  private int fetch(@Nullable String token, Duration firstPause, Duration timeout) {
    try {
      Files.createDirectories(into);
      Hub hub = new Hub(hubAddress(), repo, token, timeout);
      Snapshot snapshot = new Fetcher(hub, into, firstPause).fetch(repo, revision);
      LOG.info("{} at {} is in {}", repo, snapshot.commit(), into);
      return 0;
    } catch (IOException e) {
      LOG.error("cannot start: {}", e.getMessage());
      return BAD_MODEL;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return BAD_MODEL;
    }
  }

  private URI hubAddress() throws HubException {
    try {
      URI uri = URI.create(endpoint);
      if (uri.getHost() != null
          && ("https".equals(uri.getScheme()) || "http".equals(uri.getScheme()))) {
        return uri;
      }
    } catch (IllegalArgumentException e) {
      LOG.debug("no address: {}", endpoint, e);
    }
    throw new HubException(
        "HF_ENDPOINT is '" + endpoint + "'; it must be an address as in https://huggingface.co");
  }
}
