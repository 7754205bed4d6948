package dev.epd.operator;

import io.fabric8.kubernetes.client.http.AsyncBody;
import io.fabric8.kubernetes.client.http.HttpRequest;
import io.fabric8.kubernetes.client.http.HttpResponse;
import io.fabric8.kubernetes.client.http.Interceptor;
import io.micrometer.core.instrument.MeterRegistry;
import java.net.URI;
import java.nio.ByteBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What is asked of the API server, and how it ended, in the registry. Labelled by the resource's
 * plural, never by name or namespace: there are as many series as kinds of requests.
 */
final class ApiRequestMetrics implements Interceptor {
  private static final String NO_ANSWER = "none";

  private final MeterRegistry registry;

  ApiRequestMetrics(MeterRegistry registry) {
    this.registry = registry;
  }

  @Override
  public void after(
      HttpRequest request,
      HttpResponse<?> response,
      AsyncBody.Consumer<List<ByteBuffer>> consumer) {
    count(request, response.code() / 100 + "xx");
  }

  /** The client tells of every try but the last before it gives up. */
  @Override
  public void afterConnectionFailure(HttpRequest request, Throwable failure) {
    count(request, NO_ANSWER);
  }

  private void count(HttpRequest request, String code) {
    Asked asked = Asked.of(request.method(), request.uri());
    registry
        .counter(
            "epd.operator.api.requests",
            "verb",
            asked.verb(),
            "resource",
            asked.resource(),
            "code",
            code)
        .increment();
  }

  /**
   * A request as the API server's own rights name it.
   *
   * @param resource plural, with the subresource if there is one, such as {@code epdpools/scale};
   *     {@code other} for what is no resource
   */
  record Asked(String verb, String resource) {
    static Asked of(String method, URI uri) {
      String[] path = uri.getPath().substring(1).split("/");
      // api/v1/… and apis/group/version/…
      int at = path[0].equals("api") ? 2 : path[0].equals("apis") ? 3 : path.length;
      if (at + 2 < path.length && path[at].equals("namespaces")) {
        at += 2;
      }
      if (at >= path.length) {
        return new Asked(verb(method, true, null), "other");
      }
      String subresource = at + 2 < path.length ? "/" + path[at + 2] : "";
      boolean isNamed = at + 1 < path.length;
      return new Asked(verb(method, isNamed, uri.getQuery()), path[at] + subresource);
    }

    private static String verb(String method, boolean isNamed, @Nullable String query) {
      return switch (method) {
        case "GET" ->
            query != null && List.of(query.split("&")).contains("watch=true")
                ? "watch"
                : isNamed ? "get" : "list";
        case "POST" -> "create";
        case "PUT" -> "update";
        case "PATCH" -> "patch";
        case "DELETE" -> "delete";
        default -> "other";
      };
    }
  }
}
