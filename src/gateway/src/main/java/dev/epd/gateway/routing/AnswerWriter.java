package dev.epd.gateway.routing;

import dev.epd.gateway.http.ClientGoneException;
import dev.epd.gateway.http.Exchange;
import dev.epd.gateway.openai.ChatAnswers;
import dev.epd.gateway.openai.ChatAnswers.Usage;
import dev.epd.modelspec.TokenStream;

/**
 * From tokens to the client: text, stop strings, chunks or one body. Remembers the tokens it was
 * given, so that another attempt can be checked against what the client already has. One thread.
 */
final class AnswerWriter {
  private final PreparedRequest request;
  private final ChatAnswers answers;
  private final Exchange exchange;
  private final TokenStream detokenizer;
  private final StopText stops;
  private final StringBuilder whole = new StringBuilder();
  private int[] journal = new int[16];
  private int tokens;
  private boolean opened;

  AnswerWriter(
      PreparedRequest request, ChatAnswers answers, Exchange exchange, TokenStream detokenizer) {
    this.request = request;
    this.answers = answers;
    this.exchange = exchange;
    this.detokenizer = detokenizer;
    this.stops = new StopText(request.stop());
  }

  /** Tokens given so far. */
  int tokens() {
    return tokens;
  }

  /** Whether the token is the one that was given at that index; for another attempt. */
  boolean repeats(int index, int id) {
    return index < tokens && journal[index] == id;
  }

  /**
   * The next token. Blocks while the client is slow. Returns false once a stop string is complete.
   */
  boolean accept(int id) throws ClientGoneException, InterruptedException {
    if (tokens == journal.length) {
      journal = java.util.Arrays.copyOf(journal, tokens * 2);
    }
    journal[tokens++] = id;
    if (!request.endsWith(id)) {
      write(stops.append(detokenizer.append(id)));
    }
    return !stops.stopped();
  }

  private void write(String text) throws ClientGoneException, InterruptedException {
    if (!request.stream()) {
      whole.append(text);
      return;
    }
    open();
    if (!text.isEmpty()) {
      exchange.event(answers.contentChunk(text));
    }
  }

  private void open() throws ClientGoneException, InterruptedException {
    if (!opened) {
      opened = true;
      exchange.event(answers.roleChunk());
    }
  }

  /**
   * Ends the answer.
   *
   * @param finishReason {@code stop} or {@code length}
   * @param completionTokens as generated, a final stop token included
   */
  void finish(String finishReason, int completionTokens)
      throws ClientGoneException, InterruptedException {
    write(stops.append(detokenizer.flush()));
    write(stops.flush());
    String reason = stops.stopped() ? "stop" : finishReason;
    var usage = new Usage(request.inputIds().length, completionTokens);
    if (!request.stream()) {
      exchange.json(200, answers.completion(whole.toString(), reason, usage));
      return;
    }
    open();
    exchange.event(answers.finishChunk(reason));
    if (request.includeUsage()) {
      exchange.event(answers.usageChunk(usage));
    }
    exchange.done();
  }
}
