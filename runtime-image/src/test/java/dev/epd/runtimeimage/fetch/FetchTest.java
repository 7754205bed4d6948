package dev.epd.runtimeimage.fetch;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/** A model from a hub, whole, in pieces, or with a sentence that says why not. */
class FetchTest {
  private static final int BAD_MODEL = 3;

  /** Storage that breaks off falls silent here: it is the silence that is noticed. */
  private static final Duration TIMEOUT = Duration.ofSeconds(2);

  @TempDir Path folder;

  @SuppressWarnings("NullAway.Init")
  private PlayedHub hub;

  private final byte[] weights = new byte[300_000];

  @BeforeEach
  void open() throws IOException {
    new Random(1).nextBytes(weights);
    hub =
        new PlayedHub()
            .with("README.md", "# no part of it")
            .with("config.json", "{\"a\":1}")
            .with("tokenizer.json", "{}")
            .with("chat_template.jinja", "{{ x }}")
            .with("merges.txt", "a b")
            .with("pytorch_model.bin", "no")
            .with("model.safetensors", weights);
  }

  @AfterEach
  void close() {
    hub.close();
  }

  @Test
  void theModelsFilesComeAndNoOthers() throws IOException {
    assertThat(fetch("main", null)).isEmpty();

    assertThat(visible())
        .containsExactlyInAnyOrder(
            "config.json",
            "tokenizer.json",
            "chat_template.jinja",
            "merges.txt",
            "model.safetensors");
    assertThat(Files.readAllBytes(folder.resolve("model.safetensors"))).isEqualTo(weights);
    // A branch that moves meanwhile changes nothing: all files are of one commit.
    assertThat(hub.requests)
        .filteredOn(r -> r.contains("/resolve/"))
        .isNotEmpty()
        .allMatch(r -> r.contains("/resolve/" + PlayedHub.COMMIT + "/"));
  }

  @Test
  void whatIsThereIsNotFetchedAgain() {
    assertThat(fetch("main", null)).isEmpty();
    hub.requests.clear();
    assertThat(fetch("main", null)).isEmpty();
    assertThat(hub.requests).hasSize(1);
  }

  @Test
  void anotherCommitLeavesNothingOfTheOld() throws IOException {
    assertThat(fetch("main", null)).isEmpty();
    hub.commit = "f".repeat(40);
    hub.with("config.json", "{\"a\":2}");
    assertThat(fetch("main", null)).isEmpty();
    assertThat(Files.readString(folder.resolve("config.json"))).isEqualTo("{\"a\":2}");
  }

  @Test
  void aBrokenConnectionIsGoneOnWith() throws IOException {
    hub.cutAfter = 100_000;
    assertThat(fetch("main", null)).isEmpty();
    assertThat(Files.readAllBytes(folder.resolve("model.safetensors"))).isEqualTo(weights);
    assertThat(hub.requests).anyMatch(r -> r.startsWith("storage") && r.contains("bytes="));
  }

  @Test
  void storageThatKnowsNoRangesStartsAnew() throws IOException {
    Files.writeString(folder.resolve(".epd-snapshot"), PlayedHub.REPO + "@" + PlayedHub.COMMIT);
    Files.write(folder.resolve(".model.safetensors.part"), new byte[5_000]);
    hub.knowsRanges = false;
    assertThat(fetch("main", null)).isEmpty();
    assertThat(Files.readAllBytes(folder.resolve("model.safetensors"))).isEqualTo(weights);
  }

  @Test
  void whatAnEarlierContainerLeftIsUsed() throws IOException {
    Files.writeString(folder.resolve(".epd-snapshot"), PlayedHub.REPO + "@" + PlayedHub.COMMIT);
    byte[] part = java.util.Arrays.copyOf(weights, 250_000);
    Files.write(folder.resolve(".model.safetensors.part"), part);
    assertThat(fetch("main", null)).isEmpty();
    assertThat(Files.readAllBytes(folder.resolve("model.safetensors"))).isEqualTo(weights);
    assertThat(hub.requests).anyMatch(r -> r.contains("bytes=250000-"));
  }

  @Test
  void anAnswerFromAnotherByteIsNotAppended() throws IOException {
    hub.cutAfter = 250_000;
    hub.mistakesRanges = true;
    assertThat(fetch("main", null)).contains("gave up after 8 tries");
    assertThat(folder.resolve("model.safetensors")).doesNotExist();
    Files.write(folder.resolve(".model.safetensors.part"), new byte[5_000]);
    hub.cutAfter = 0;
    hub.requests.clear();
    assertThat(fetch("main", null)).isEmpty();
    assertThat(Files.readAllBytes(folder.resolve("model.safetensors"))).isEqualTo(weights);
    assertThat(hub.requests)
        .filteredOn(r -> r.startsWith("storage"))
        .as("no byte is taken from the wrong range, nor one looked for a third time")
        .hasSize(2);
  }

  @Test
  void moreThanWasAnnouncedIsNotWritten() throws IOException {
    hub.surplus = 8 << 20;
    assertThat(fetch("main", null))
        .contains("model.safetensors is longer than the 300000 bytes that the hub says");
    assertThat(visible()).doesNotContain("model.safetensors", ".model.safetensors.part");
  }

  @Test
  void aFileOfAnotherSizeIsFetchedAnew() throws IOException {
    assertThat(fetch("main", null)).isEmpty();
    Files.write(folder.resolve("model.safetensors"), new byte[10]);
    Files.write(folder.resolve("config.json"), new byte[0]);
    assertThat(fetch("main", null)).isEmpty();
    assertThat(Files.readAllBytes(folder.resolve("model.safetensors"))).isEqualTo(weights);
    assertThat(Files.readString(folder.resolve("config.json"))).isEqualTo("{\"a\":1}");
  }

  @Test
  void addressesThatAreNoneAreSaid() {
    hub.sendsOnTo = "http://a host/secret-signature";
    assertThat(fetch("main", null))
        .contains("127.0.0.1 sends on to what is no address")
        .doesNotContain("secret-signature");
    for (String bad : List.of("http://under_score/x", "http:///x", "http:x")) {
      hub.sendsOnTo = bad;
      assertThat(fetch("main", null)).as(bad).contains("an address without a host name");
    }
    assertThat(fetch("http://127.0.0.1:99999", "main", null)).contains("correct the port");
    assertThat(fetch(hub.address(), "a b/c", "main", "token"))
        .contains("'a b/c' is no name of a repository");
    assertThat(fetch("main", "two\nlines"))
        .contains("correct the port in its address, or the token")
        .doesNotContain("lines");
  }

  @Test
  void damageIsNoticed() throws IOException {
    hub.damaged = true;
    assertThat(fetch("main", null)).contains("arrived damaged").contains("SHA-256");
    assertThat(folder.resolve("model.safetensors")).doesNotExist();
  }

  @Test
  void aBusyHubIsAskedAgain() {
    hub.refusals.set(3);
    assertThat(fetch("main", null)).isEmpty();
    hub.refuseWith = 429;
    hub.refusals.set(3);
    assertThat(fetch("main", null)).isEmpty();
    hub.refusals.set(1000);
    assertThat(fetch("main", null)).contains("gave up after 8 tries").contains("429");
  }

  @Test
  void theTokenGoesToTheHubAndNowhereElse() {
    hub.wantedToken = "secret-token";
    assertThat(fetch("main", "secret-token")).isEmpty();
    assertThat(hub.requests)
        .filteredOn(r -> r.startsWith("storage"))
        .isNotEmpty()
        .noneMatch(r -> r.contains("secret-token"));
  }

  @Test
  void whatStandsInTheWayIsSaid() throws IOException {
    hub.wantedToken = "right";
    assertThat(fetch("main", null))
        .contains("401: the hub asks for a token for family/picture-model")
        .contains("tokenSecretRef")
        .contains("Invalid username or password");
    assertThat(fetch("main", "wrong")).contains("does not accept the token");
    assertThat(fetch("main", "wrong")).doesNotContain("wrong\"");
    hub.wantedToken = null;
    hub.gated = true;
    assertThat(fetch("main", "any")).contains("403").contains("accept its terms at");
    hub.gated = false;
    assertThat(fetch("v9", null)).contains("404").contains("no revision 'v9'");
    hub.with("model.safetensors.index.json", "{\"weight_map\":{\"x\":\"model-2.safetensors\"}}");
    assertThat(fetch("main", null)).contains("lacks weights that its index names");
  }

  @Test
  void aRepositoryThatIsNoCheckpointIsSaid() throws IOException {
    try (PlayedHub bare = new PlayedHub().with("README.md", "hello")) {
      assertThat(fetch(bare.address(), "main", null)).contains("has no config.json");
    }
    try (PlayedHub old = new PlayedHub().with("config.json", "{}").with("model.bin", "x")) {
      assertThat(fetch(old.address(), "main", null)).contains("has no *.safetensors");
    }
  }

  @Test
  void theIndexChoosesTheWeights() throws IOException {
    hub.with("model-1.safetensors", "abc")
        .with("model.safetensors.index.json", "{\"weight_map\":{\"x\":\"model-1.safetensors\"}}");
    assertThat(fetch("main", null)).isEmpty();
    assertThat(visible()).contains("model-1.safetensors").doesNotContain("model.safetensors");
  }

  @Test
  void namesThatClimbAreNotFollowed() throws IOException {
    hub.with("../evil.json", "x").with("sub/more.json", "x").with(".hidden.json", "x");
    assertThat(fetch("main", null)).isEmpty();
    assertThat(visible()).doesNotContain("evil.json", "more.json", ".hidden.json");
    assertThat(folder.resolveSibling("evil.json")).doesNotExist();
  }

  @Test
  void badFlagsAndAddressesAreSaid() {
    assertThat(FetchCommand.run(new String[] {"--repo=a/b"})).isEqualTo(2);
    assertThat(FetchCommand.run(new String[] {"--help"})).isZero();
    assertThat(fetch("ftp://hub", "main", null)).contains("HF_ENDPOINT is 'ftp://hub'");
    assertThat(fetch("http://127.0.0.1:1", "main", null)).contains("cannot connect");
  }

  private String fetch(String revision, @Nullable String token) {
    return fetch(hub.address(), revision, token);
  }

  private String fetch(String endpoint, String revision, @Nullable String token) {
    return fetch(endpoint, PlayedHub.REPO, revision, token);
  }

  /** What the last line of the log says when it fails; empty when all is there. */
  private String fetch(String endpoint, String repo, String revision, @Nullable String token) {
    Logger log = (Logger) LoggerFactory.getLogger(FetchCommand.class);
    ListAppender<ILoggingEvent> lines = new ListAppender<>();
    lines.start();
    log.addAppender(lines);
    try {
      String[] args = {
        "--repo=" + repo, "--revision=" + revision, "--into=" + folder, "--endpoint=" + endpoint
      };
      int code = FetchCommand.run(args, token, Duration.ofMillis(1), TIMEOUT);
      if (code == 0) {
        return "";
      }
      assertThat(code).isEqualTo(BAD_MODEL);
      String last = lines.list.getLast().getFormattedMessage();
      assertThat(last).startsWith("cannot start: ");
      assertThat(last.getBytes(StandardCharsets.UTF_8)).hasSizeLessThan(1000);
      return last;
    } finally {
      log.detachAppender(lines);
    }
  }

  private List<String> visible() throws IOException {
    try (var files = Files.list(folder)) {
      return files
          .map(f -> f.getFileName().toString())
          .filter(name -> !name.startsWith(".epd"))
          .toList();
    }
  }
}
