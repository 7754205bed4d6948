package dev.epd.gateway.http;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.epd.contract.TraceParent;
import dev.epd.gateway.GatewayConfig;
import dev.epd.gateway.Readiness;
import dev.epd.gateway.metrics.GatewayMetrics;
import dev.epd.gateway.openai.ApiException;
import dev.epd.gateway.openai.ChatAnswers;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.file.FileSystemOptions;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import java.net.URLDecoder;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The HTTP server: routes, API keys, bodies. Everything it answers is JSON in OpenAI's shape, apart
 * from the health checks' plain text. Health checks never wait for work.
 */
public final class OpenAiServer implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(OpenAiServer.class);
  private static final String CHAT = "/v1/chat/completions";
  private static final String MODELS = "/v1/models";
  private static final Pattern REQUEST_ID = Pattern.compile("[A-Za-z0-9._:-]{1,128}");

  private final GatewayConfig config;
  private final ApiKeys keys;
  private final ChatHandler chat;
  private final Supplier<Readiness> readiness;
  private final GatewayMetrics metrics;
  private final long created;
  private final Vertx vertx;
  private final AtomicLong heldBytes = new AtomicLong();
  private final Set<Exchange> open = ConcurrentHashMap.newKeySet();
  private @Nullable HttpServer server;

  public OpenAiServer(
      GatewayConfig config,
      ApiKeys keys,
      ChatHandler chat,
      Supplier<Readiness> readiness,
      GatewayMetrics metrics,
      InstantSource clock) {
    this.config = config;
    this.keys = keys;
    this.chat = chat;
    this.readiness = readiness;
    this.metrics = metrics;
    this.created = clock.instant().getEpochSecond();
    this.vertx =
        Vertx.vertx(
            new VertxOptions()
                .setEventLoopPoolSize(2)
                .setWorkerPoolSize(1)
                .setInternalBlockingPoolSize(1)
                // Nothing is served from files: no cache directory is needed.
                .setFileSystemOptions(
                    new FileSystemOptions()
                        .setClassPathResolvingEnabled(false)
                        .setFileCachingEnabled(false)));
  }

  /**
   * Listens; returns the port.
   *
   * @throws IllegalStateException when the address cannot be used
   */
  public int start() {
    HttpServer created =
        vertx
            .createHttpServer(
                new HttpServerOptions()
                    .setHost(config.bindHost())
                    .setPort(config.port())
                    .setHttp2ClearTextEnabled(false)
                    .setHandle100ContinueAutomatically(true)
                    .setMaxHeaderSize(32 * 1024)
                    .setMaxInitialLineLength(8 * 1024)
                    .setTcpNoDelay(true)
                    .setAcceptBacklog(2048)
                    .setIdleTimeout((int) config.maxTimeout().plusSeconds(60).toSeconds()))
            .requestHandler(this::route);
    server = created;
    try {
      return created
          .listen()
          .toCompletionStage()
          .toCompletableFuture()
          .orTimeout(30, TimeUnit.SECONDS)
          .join()
          .actualPort();
    } catch (CompletionException e) {
      throw new IllegalStateException(
          "cannot listen on %s:%d: %s"
              .formatted(config.bindHost(), config.port(), String.valueOf(e.getCause())),
          e);
    }
  }

  private void route(HttpServerRequest request) {
    String path = request.path() == null ? "" : request.path();
    String given = request.getHeader("x-request-id");
    String requestId =
        given != null && REQUEST_ID.matcher(given).matches() ? given : "req_" + UUID.randomUUID();
    request.response().putHeader("x-request-id", requestId);
    // A broken upload shows here; the exchange hears of it through the response.
    request.exceptionHandler(e -> log.debug("request broken off: {}", e.getMessage()));
    switch (path) {
      case "/livez", "/health" -> health(request, readiness.get().live());
      case "/readyz" -> health(request, readiness.get().ready());
      case CHAT -> {
        if (allowed(request, HttpMethod.POST)) {
          authenticated(request, tenant -> chat(request, requestId, tenant));
        }
      }
      default -> {
        if (!path.equals(MODELS) && !path.startsWith(MODELS + "/")) {
          refuse(
              request,
              ApiException.of(
                  404,
                  null,
                  "unknown_url",
                  "Unknown URL %s %s. Offered are POST %s and GET %s."
                      .formatted(request.method(), path, CHAT, MODELS)));
        } else if (allowed(request, HttpMethod.GET)) {
          authenticated(request, tenant -> models(request, path));
        }
      }
    }
  }

  private void health(HttpServerRequest request, boolean good) {
    String text = good ? "ok" : readiness.get().reason();
    request.response().setStatusCode(good ? 200 : 503).end(text + "\n");
  }

  private boolean allowed(HttpServerRequest request, HttpMethod method) {
    if (request.method().equals(method)
        || (method.equals(HttpMethod.GET) && request.method().equals(HttpMethod.HEAD))) {
      return true;
    }
    request.response().putHeader("Allow", method.name());
    refuse(
        request,
        ApiException.of(
            405,
            null,
            "method_not_allowed",
            "%s is not allowed here; use %s.".formatted(request.method(), method)));
    return false;
  }

  private interface WithTenant {
    void run(String tenant);
  }

  private void authenticated(HttpServerRequest request, WithTenant next) {
    Optional<String> tenant = keys.tenant(request.getHeader("Authorization"));
    if (tenant.isPresent()) {
      next.run(tenant.get());
      return;
    }
    request.response().putHeader("WWW-Authenticate", "Bearer");
    refuse(
        request,
        ApiException.of(
            401,
            null,
            "invalid_api_key",
            "No valid API key was given. Send it as 'Authorization: Bearer <key>'."));
  }

  private void models(HttpServerRequest request, String path) {
    byte[] body;
    if (path.equals(MODELS) || path.equals(MODELS + "/")) {
      body = ChatAnswers.models(config.servedModel(), created);
    } else {
      String id = decoded(path.substring(MODELS.length() + 1));
      if (!config.servedModel().equals(id)) {
        refuse(request, unknownModel(id));
        return;
      }
      body = ChatAnswers.bytes(ChatAnswers.model(id, created));
    }
    metrics.answered(200, "ok");
    request.response().putHeader("Content-Type", "application/json").end(Buffer.buffer(body));
  }

  private static String decoded(String text) {
    try {
      return URLDecoder.decode(text, UTF_8);
    } catch (IllegalArgumentException e) {
      return text;
    }
  }

  /** 404 for a model that is not served here. */
  public static ApiException unknownModel(String model) {
    String shown = model.length() > 100 ? model.substring(0, 100) + "..." : model;
    return ApiException.of(
        404,
        "model",
        "model_not_found",
        "The model '%s' does not exist here. GET /v1/models lists what is served."
            .formatted(shown));
  }

  private void refuse(HttpServerRequest request, ApiException failure) {
    request.handler(chunk -> {}); // a body nobody wants
    metrics.answered(failure.status(), String.valueOf(failure.code()));
    var response = request.response().setStatusCode(failure.status());
    Duration after = failure.retryAfter();
    if (after != null) {
      response.putHeader("Retry-After", String.valueOf(Math.max(1, after.toSeconds())));
    }
    response
        .putHeader("Content-Type", "application/json")
        .end(Buffer.buffer(ChatAnswers.error(failure)));
  }

  private void chat(HttpServerRequest request, String requestId, String tenant) {
    if (!readiness.get().ready()) {
      request.response().putHeader("Connection", "close");
      refuse(
          request,
          ApiException.unavailable(
              "not_ready", "This gateway takes no new requests now.", Duration.ofSeconds(1)));
      request.endHandler(v -> vertx.setTimer(100, t -> request.connection().close()));
      return;
    }
    if (!isJson(request)) {
      refuse(
          request,
          ApiException.of(
              415,
              null,
              "unsupported_media_type",
              "The body must be plain JSON; send 'Content-Type: application/json' and no Content-Encoding."));
      return;
    }
    Optional<Duration> timeout;
    try {
      timeout = timeout(request.getHeader("x-request-timeout-ms"));
    } catch (ApiException e) {
      refuse(request, e);
      return;
    }
    String trace = request.getHeader("traceparent");
    var caller =
        new Caller(
            tenant,
            requestId,
            timeout,
            trace != null && TraceParent.isValid(trace) ? trace : TraceParent.newRoot());
    var exchange =
        new Exchange(
            vertx.getOrCreateContext(),
            request.response(),
            config.slowClientTimeout(),
            metrics::answered);
    var reader =
        new BodyReader(
            vertx,
            request,
            config.maxBodyBytes(),
            heldBytes,
            config.maxHeldBytes(),
            body -> Thread.ofVirtual().name(requestId).start(() -> run(body, caller, exchange)),
            exchange::fail);
    request
        .response()
        .closeHandler(
            v -> {
              exchange.clientGone();
              over(exchange, reader);
            });
    request.response().exceptionHandler(e -> exchange.clientGone());
    request.response().endHandler(v -> over(exchange, reader));
    open.add(exchange);
    reader.read();
  }

  private void over(Exchange exchange, BodyReader reader) {
    reader.release();
    open.remove(exchange);
  }

  /** Chat exchanges whose answer has not been written to its end. */
  public int openExchanges() {
    return open.size();
  }

  private void run(byte[] body, Caller caller, Exchange exchange) {
    try {
      chat.handle(body, caller, exchange);
    } catch (RuntimeException | Error e) {
      log.error("request {} failed for a reason of ours", caller.requestId(), e);
    } finally {
      // Ignored when it has its answer already.
      exchange.fail(ApiException.internal("An internal error occurred."));
    }
  }

  private static boolean isJson(HttpServerRequest request) {
    String type = request.getHeader("Content-Type");
    String encoding = request.getHeader("Content-Encoding");
    return type != null
        && type.split(";", 2)[0].strip().equalsIgnoreCase("application/json")
        && (encoding == null || encoding.equalsIgnoreCase("identity"));
  }

  private static Optional<Duration> timeout(@Nullable String header) throws ApiException {
    if (header == null) {
      return Optional.empty();
    }
    try {
      long millis = Long.parseLong(header.strip());
      if (millis >= 1) {
        return Optional.of(Duration.ofMillis(millis));
      }
    } catch (NumberFormatException e) {
      // the one message below says what it must be
    }
    throw ApiException.badRequest(
        null,
        "invalid_header",
        "The header x-request-timeout-ms must be a whole number of milliseconds, at least 1.");
  }

  /** Stops listening and cuts what is still open. */
  @Override
  public void close() {
    try {
      vertx.close().toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException | TimeoutException e) {
      log.warn("the HTTP server did not close in order: {}", e.getMessage());
    }
  }
}
