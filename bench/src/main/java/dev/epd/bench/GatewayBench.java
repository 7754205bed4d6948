package dev.epd.bench;

import dev.epd.bench.Report.Section;
import dev.epd.bench.Rounds.Value;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;

/** Whole requests: one picture and a question through gateway, encoder, prefill and decode. */
final class GatewayBench {
  private static final int WARM_UP = 1;
  private static final int ROUNDS = 5;
  private static final int MANY = 8;
  private static final Duration TIME = Duration.ofSeconds(4);

  /** Drawn before a case begins; a machine that wants more draws the rest meanwhile. */
  private static final int PICTURES = 300;

  private final Pictures pictures = new Pictures(Main.SEED + 1);

  private GatewayBench() {}

  private record Asked(Pictures.Drawn picture, Chat.Answer answer) {
    boolean isRight() {
      return answer.text().equals(picture.truth());
    }
  }

  static Section run(Pods pods) throws Exception {
    GatewayBench bench = new GatewayBench();
    Chat chat = new Chat("127.0.0.1", pods.gateway().http());
    Rounds rounds = new Rounds("requests");
    for (int askers : new int[] {1, MANY}) {
      String name = ", %d at a time".formatted(askers);
      rounds
          .add("streamed" + name, () -> bench.streamed(chat, askers))
          .add("whole" + name, () -> bench.whole(chat, askers));
    }
    rounds.run(WARM_UP, ROUNDS);
    for (String way : List.of("streamed", "whole")) {
      rounds.ratio(
          "%s, %d / 1 at a time".formatted(way, MANY),
          "%s, %d at a time".formatted(way, MANY),
          way + ", 1 at a time");
    }
    return new Section(
        "Requests",
        ("OpenAI chat completions with one distinct %d × %d picture each and an answer of some ten"
                + " tokens, through one pod of each role with its default threads; client, gateway"
                + " and roles share the machine. TTFT: from before the request is written to the first"
                + " piece of text. ITL: between two pieces of one stream. p50 and p99 are of all"
                + " requests of a round; where a round has about a hundred, p99 is its worst or second"
                + " worst.")
            .formatted(Pictures.WIDTH, Pictures.HEIGHT),
        rounds.figures());
  }

  private List<Value> streamed(Chat chat, int askers) throws Exception {
    List<Asked> asked = new ArrayList<>();
    List<Value> values = new ArrayList<>(rates(ask(askers, chat::streamed, asked), asked));
    List<Double> first = asked.stream().map(a -> a.answer.first()).toList();
    List<Double> gaps = asked.stream().flatMap(a -> a.answer.gaps().stream()).toList();
    values.addAll(percentiles(", TTFT", first));
    values.addAll(percentiles(", ITL", gaps));
    return values;
  }

  private List<Value> whole(Chat chat, int askers) throws Exception {
    List<Asked> asked = new ArrayList<>();
    List<Value> values = new ArrayList<>(rates(ask(askers, chat::whole, asked), asked));
    values.addAll(percentiles(", latency", asked.stream().map(a -> a.answer.seconds()).toList()));
    return values;
  }

  private interface Ask {
    Chat.Answer about(byte[] png) throws IOException, InterruptedException;
  }

  /** Returns requests per second. */
  private double ask(int askers, Ask ask, List<Asked> asked) throws Exception {
    BlockingQueue<Pictures.Drawn> drawn = new LinkedBlockingQueue<>();
    for (int i = 0; i < PICTURES; i++) {
      drawn.add(pictures.next());
    }
    Load.Done<Asked> done =
        Load.during(
            TIME,
            askers,
            n -> {
              Pictures.Drawn waiting = drawn.poll();
              Pictures.Drawn picture = waiting == null ? pictures.next() : waiting;
              return new Asked(picture, ask.about(picture.png()));
            });
    asked.addAll(done.answers());
    return done.perSecond();
  }

  private static List<Value> rates(double perSecond, List<Asked> asked) {
    double right = asked.stream().filter(Asked::isRight).count();
    return List.of(
        new Value("", "requests/s", perSecond),
        new Value(", right answers", "%", 100 * right / asked.size()));
  }

  private static List<Value> percentiles(String what, List<Double> seconds) {
    return List.of(
        new Value(what + " p50", "ms", 1e3 * Figure.percentile(seconds, 50)),
        new Value(what + " p99", "ms", 1e3 * Figure.percentile(seconds, 99)));
  }
}
