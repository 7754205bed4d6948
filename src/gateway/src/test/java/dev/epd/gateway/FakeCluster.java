package dev.epd.gateway;

import dev.epd.contract.ClusterKey;
import dev.epd.contract.Role;
import dev.epd.contract.TicketVerifier;
import dev.epd.gateway.endpoints.Endpoint;
import dev.epd.gateway.endpoints.EndpointSource;
import dev.epd.modelspec.ModelSpec;
import java.security.MessageDigest;
import java.time.Clock;
import java.util.Collection;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Pods in this process that speak the roles' protocol over real connections and answer from what
 * they were sent: an image's answer names the hash of its file. "Transfers" go through maps, but
 * only where a signed ticket says.
 */
public final class FakeCluster implements EndpointSource {
  final ClusterKey key = ClusterKey.random();
  final TicketVerifier verifier = new TicketVerifier(key, Clock.systemUTC());
  final ModelSpec spec = TestModel.SPEC;

  /** Prefill's image buffers by reservation. */
  final Map<String, List<CompletableFuture<String>>> imageBuffers = new ConcurrentHashMap<>();

  /** Decode's slots by reservation: the answer that the KV cache leads to. */
  final Map<String, CompletableFuture<int[]>> slots = new ConcurrentHashMap<>();

  private final Map<String, FakePod> pods = new ConcurrentSkipListMap<>();
  private volatile @Nullable Consumer<Collection<Endpoint>> listener;

  /** Whether encoders have what they once encoded. */
  volatile boolean encodersCache;

  /** What every text request is answered with; null: a text that names the prompt. */
  volatile @Nullable String fixedAnswer;

  public FakePod add(Role role, String name) {
    return add(new FakePod(this, role, name));
  }

  public FakePod add(FakePod pod) {
    pod.start();
    pods.put(pod.name, pod);
    publish();
    return pod;
  }

  /** As when the pod object is deleted. */
  public void remove(FakePod pod) {
    pods.remove(pod.name);
    publish();
  }

  synchronized void publish() {
    Consumer<Collection<Endpoint>> told = listener;
    if (told != null) {
      told.accept(pods.values().stream().map(FakePod::endpoint).toList());
    }
  }

  @Override
  public void start(Consumer<Collection<Endpoint>> newListener) {
    listener = newListener;
    publish();
  }

  @Override
  public void close() {
    listener = null;
  }

  public void stop() {
    pods.values().forEach(FakePod::kill);
  }

  static String hash(byte[] data) {
    try {
      byte[] digest = MessageDigest.getInstance("SHA-256").digest(data);
      return HexFormat.of().formatHex(digest, 0, 6);
    } catch (java.security.NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  /** What a picture is answered with. */
  static String words(String... hashes) {
    return "seen " + String.join(" and ", hashes);
  }

  int[] answerTokens(List<String> imageHashes, List<Integer> inputIds) {
    String fixed = fixedAnswer;
    String text =
        fixed != null
            ? fixed
            : imageHashes.isEmpty()
                ? "read " + inputIds.size() + " tokens"
                : words(imageHashes.toArray(String[]::new));
    return spec.tokenizer().encodePlain(text);
  }

  int eos() {
    return spec.config().tokens().eos().getFirst();
  }
}
