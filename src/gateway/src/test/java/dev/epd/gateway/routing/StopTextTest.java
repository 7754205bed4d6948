package dev.epd.gateway.routing;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.CharRange;
import net.jqwik.api.constraints.Size;
import net.jqwik.api.constraints.StringLength;

class StopTextTest {
  @Property(tries = 2000)
  void cutsExactlyAtTheFirstStopStringHoweverTheTextIsSplit(
      @ForAll @Size(max = 12)
          List<@StringLength(max = 3) @CharRange(from = 'a', to = 'c') String> pieces,
      @ForAll @Size(max = 3)
          List<@StringLength(min = 1, max = 4) @CharRange(from = 'a', to = 'c') String> stops) {
    var text = new StopText(stops);
    var sent = new StringBuilder();
    String whole = String.join("", pieces);
    for (String piece : pieces) {
      sent.append(text.append(piece));
      assertThat(whole).startsWith(sent);
    }
    sent.append(text.flush());
    int first = stops.stream().mapToInt(whole::indexOf).filter(i -> i >= 0).min().orElse(-1);
    if (first < 0) {
      assertThat(sent.toString()).isEqualTo(whole);
      assertThat(text.stopped()).isFalse();
    } else {
      assertThat(text.stopped()).isTrue();
      assertThat(stops).noneMatch(stop -> sent.indexOf(stop) >= 0);
      assertThat(sent.length()).isGreaterThanOrEqualTo(first);
      assertThat(stops).anyMatch(stop -> whole.startsWith(stop, sent.length()));
    }
  }
}
