package dev.epd.gateway.endpoints;

import dev.epd.contract.Role;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** A fixed list, for running without Kubernetes: {@code role=host:control:transfer,...}. */
public record StaticEndpointSource(List<Endpoint> endpoints) implements EndpointSource {

  public StaticEndpointSource {
    endpoints = List.copyOf(endpoints);
  }

  /**
   * Reads {@code encoder=127.0.0.2:7070:7071,prefill=127.0.0.3:7070:7071}. Pods are named {@code
   * encoder-0}, {@code encoder-1}... in their order. An IPv6 host stands in brackets.
   *
   * @throws IllegalArgumentException with a message that shows the form
   */
  public static StaticEndpointSource parse(String list) {
    var found = new ArrayList<Endpoint>();
    Map<Role, Integer> counts = new HashMap<>();
    for (String item : list.split(",", -1)) {
      if (item.isBlank()) {
        continue;
      }
      int equals = item.indexOf('=');
      int lastColon = item.lastIndexOf(':');
      int middleColon = item.lastIndexOf(':', lastColon - 1);
      if (equals < 1 || middleColon <= equals + 1) {
        throw malformed(item);
      }
      Role role = role(item, item.substring(0, equals).strip());
      String host = item.substring(equals + 1, middleColon);
      if (host.startsWith("[") && host.endsWith("]")) {
        host = host.substring(1, host.length() - 1);
      }
      int number = counts.merge(role, 1, Integer::sum) - 1;
      found.add(
          new Endpoint(
              role,
              role.wireName() + "-" + number,
              host,
              port(item, item.substring(middleColon + 1, lastColon)),
              port(item, item.substring(lastColon + 1).strip()),
              true,
              false,
              ""));
    }
    return new StaticEndpointSource(found);
  }

  private static Role role(String item, String name) {
    try {
      return Role.of(name);
    } catch (IllegalArgumentException e) {
      throw malformed(item);
    }
  }

  private static int port(String item, String text) {
    try {
      int port = Integer.parseInt(text);
      if (port > 0 && port < 65536) {
        return port;
      }
    } catch (NumberFormatException e) {
      // falls through to the one message that shows the form
    }
    throw malformed(item);
  }

  private static IllegalArgumentException malformed(String item) {
    return new IllegalArgumentException(
        "endpoint '%s' is not of the form role=host:controlPort:transferPort with role encoder, prefill or decode"
            .formatted(item));
  }

  @Override
  public void start(Consumer<Collection<Endpoint>> listener) {
    listener.accept(endpoints);
  }

  @Override
  public void close() {}
}
