package dev.epd.gateway.routing;

import dev.epd.contract.Role;
import dev.epd.contract.TicketSigner;
import dev.epd.gateway.GatewayConfig;
import dev.epd.gateway.endpoints.Node;
import dev.epd.gateway.endpoints.NodeDirectory;
import dev.epd.gateway.http.Caller;
import dev.epd.gateway.http.ChatHandler;
import dev.epd.gateway.http.ClientGoneException;
import dev.epd.gateway.http.Exchange;
import dev.epd.gateway.metrics.GatewayMetrics;
import dev.epd.gateway.metrics.GatewayMetrics.Outcome;
import dev.epd.gateway.openai.ApiException;
import dev.epd.gateway.openai.ChatAnswers;
import dev.epd.gateway.queue.Demand;
import dev.epd.gateway.queue.Dispatcher;
import dev.epd.gateway.queue.Entry;
import dev.epd.gateway.queue.Grants;
import dev.epd.gateway.queue.Worker;
import dev.epd.gateway.routing.Attempt.ClientLeft;
import dev.epd.modelspec.ModelSpec;
import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Answers chat completions: prepares, waits for places, tries, tries again. Every request that
 * comes in ends in exactly one outcome.
 */
public final class ChatService implements ChatHandler {
  private static final Logger log = LoggerFactory.getLogger(ChatService.class);
  private static final int MAX_ATTEMPTS = 3;

  private final GatewayConfig config;
  private final ModelSpec spec;
  private final TicketSigner signer;
  private final Dispatcher dispatcher;
  private final NodeDirectory directory;
  private final GatewayMetrics metrics;
  private final InstantSource clock;
  private final Preparation preparation;
  private final AtomicInteger active = new AtomicInteger();

  public ChatService(
      GatewayConfig config,
      ModelSpec spec,
      TicketSigner signer,
      Dispatcher dispatcher,
      NodeDirectory directory,
      GatewayMetrics metrics,
      InstantSource clock) {
    this.config = config;
    this.spec = spec;
    this.signer = signer;
    this.dispatcher = dispatcher;
    this.directory = directory;
    this.metrics = metrics;
    this.clock = clock;
    this.preparation =
        new Preparation(
            spec,
            config.servedModel(),
            config.defaultMaxTokens(),
            config.maxBodyBytes(),
            this::contextTokens);
  }

  /** Requests that have no outcome yet. */
  public int active() {
    return active.get();
  }

  /** The least that the model and the pods in use can hold. */
  private int contextTokens() {
    int least = spec.limits().maxContextTokens();
    for (Node node : directory.usable()) {
      int tokens = node.description().getMaxContextTokens();
      if (tokens > 0 && node.role() != Role.ENCODER) {
        least = Math.min(least, tokens);
      }
    }
    return least;
  }

  @Override
  public void handle(byte[] body, Caller caller, Exchange exchange) {
    active.incrementAndGet();
    try {
      Duration timeout = caller.timeout().orElse(config.defaultTimeout());
      if (timeout.compareTo(config.maxTimeout()) > 0) {
        timeout = config.maxTimeout();
      }
      long deadline = System.nanoTime() + timeout.toNanos();
      PreparedRequest request = preparation.prepare(body, caller.tenant());
      new Run(request, caller, exchange, deadline).run();
    } catch (ApiException e) {
      exchange.fail(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      exchange.fail(ApiException.internal("The server is going away."));
    } finally {
      active.decrementAndGet();
    }
  }

  /** One admitted request. */
  private final class Run implements Grants {
    private final PreparedRequest request;
    private final Caller caller;
    private final Exchange exchange;
    private final long deadline;
    private final boolean inline;
    private final Mailbox mailbox = new Mailbox();
    private final TokenClock tokenClock = new TokenClock(metrics);
    private final AnswerWriter writer;

    /** Grants belong to the attempt that goes on when they are made. */
    private volatile int number = 1;

    Run(PreparedRequest request, Caller caller, Exchange exchange, long deadline) {
      this.request = request;
      this.caller = caller;
      this.exchange = exchange;
      this.deadline = deadline;
      this.inline = !config.topology().contains(Role.ENCODER);
      this.writer =
          new AnswerWriter(
              request,
              new ChatAnswers(
                  request.id(),
                  clock.instant().getEpochSecond(),
                  config.servedModel(),
                  request.includeUsage()),
              exchange,
              spec.tokenizer().stream());
    }

    @Override
    public void started(Worker prefill, @Nullable Worker decode) {
      mailbox.post(number, new Signal.Started((Node) prefill, (Node) decode));
    }

    @Override
    public void placed(int image, Worker encoder) {
      mailbox.post(number, new Signal.Placed(image, (Node) encoder));
    }

    void run() throws ApiException, InterruptedException {
      var demand =
          new Demand(caller.tenant(), deadline, request.inputIds().length, request.pictures());
      Entry entry = dispatcher.submit(demand, this);
      metrics.admitted(request.inputIds().length, request.pictures());
      Outcome outcome = Outcome.FAILED;
      try {
        exchange.onGone(() -> mailbox.post(Mailbox.ALWAYS, new Signal.ClientGone()));
        if (request.stream()) {
          exchange.keepAlive(config.keepAlive());
        }
        attempts(entry);
        outcome = Outcome.COMPLETED;
      } catch (ClientGoneException | ClientLeft e) {
        outcome = Outcome.CANCELLED;
      } finally {
        dispatcher.close(entry);
        metrics.ended(
            outcome, !request.images().isEmpty(), tokenClock.sinceArrival(), writer.tokens());
      }
    }

    private void attempts(Entry entry)
        throws ApiException, ClientGoneException, InterruptedException {
      int failures = 0;
      int busy = 0;
      while (true) {
        Attempt attempt = attempt(entry);
        try {
          drive(attempt);
          return;
        } catch (AttemptLostException e) {
          boolean full = Failures.busy(e.failure());
          log.info(
              "request {} attempt {}: {} ({})",
              caller.requestId(),
              number,
              e.getMessage(),
              e.failure().kind());
          if (full) {
            busy++;
          } else if (++failures >= MAX_ATTEMPTS) {
            throw Failures.toClient(e.failure(), null);
          } else {
            metrics.retried("attempt");
          }
          attempt.close("the attempt is lost");
          dispatcher.suspend(entry);
          number++;
          pause(Backoff.nanos(full ? busy : failures, full));
          dispatcher.restart(entry);
        } finally {
          attempt.close("the request is over");
        }
      }
    }

    private Attempt attempt(Entry entry) {
      int now = number;
      String id = now == 1 ? request.id() : request.id() + "." + now;
      var calls =
          new RoleCalls(
              request,
              id,
              spec.fingerprint(),
              caller.traceparent(),
              signer,
              clock,
              deadline,
              signal -> mailbox.post(now, signal));
      return new Attempt(
          now,
          request,
          calls,
          dispatcher,
          entry,
          mailbox,
          directory,
          metrics,
          writer,
          tokenClock,
          inline);
    }

    private void drive(Attempt attempt)
        throws ApiException, AttemptLostException, ClientGoneException, InterruptedException {
      while (!attempt.finished()) {
        Signal signal = mailbox.take(number, deadline);
        if (signal == null) {
          throw attempt.placed()
              ? ApiException.timeout("The request took longer than its deadline.")
              : Failures.noCapacity();
        }
        attempt.on(signal);
      }
    }

    /** Waits, but notices that the client has gone. */
    private void pause(long nanos) throws ApiException, InterruptedException {
      long end = System.nanoTime() + nanos;
      if (end - deadline >= 0) {
        throw Failures.noCapacity();
      }
      Signal signal = mailbox.take(number, end);
      if (signal != null) {
        throw new ClientLeft(); // nothing else is under way
      }
    }
  }
}
