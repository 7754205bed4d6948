package dev.epd.operator.faults;

import dev.epd.onebox.ControlPlane;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/**
 * Stands between one client and the API server (HTTP/1.1 over TLS to either side, with the server's
 * own certificate), numbers the client's writes per namespace and lets a {@link Fault} happen at
 * one of them.
 */
final class ApiProxy implements AutoCloseable {
  private static final Duration FROZEN = Duration.ofSeconds(2);

  /** Longer than a fault takes that has begun, be it a write that the server answers slowly. */
  private static final Duration BEGUN = Duration.ofSeconds(30);

  private final SSLContext tls;
  private final int apiPort;
  private final Runnable kill;
  private final ServerSocket server;
  private final Set<Socket> open = ConcurrentHashMap.newKeySet();
  private final Set<WatchStream> watches = ConcurrentHashMap.newKeySet();
  private final Map<String, HttpMessage> lists = new ConcurrentHashMap<>();

  private String namespace = "";
  private int at;
  private @Nullable Fault fault;
  private boolean begun;
  private boolean happened;
  private volatile long frozenUntil = System.nanoTime();
  private volatile Weather weather = Weather.CALM;
  private final List<String> writes = new ArrayList<>();

  /**
   * @param kill ends the client, by SIGKILL
   */
  ApiProxy(ControlPlane kube, Runnable kill) throws IOException {
    this.apiPort = kube.port();
    this.tls = Identity.of(kube);
    this.kill = kill;
    this.server =
        tls.getServerSocketFactory().createServerSocket(0, 200, InetAddress.getByName("127.0.0.1"));
    Thread.ofVirtual().name("api proxy").start(this::accept);
  }

  int port() {
    return server.getLocalPort();
  }

  /** Counts writes in the namespace from now on, and lets the fault happen at the given one. */
  synchronized void arm(String namespace, int at, Fault fault) {
    watch(namespace);
    this.at = at;
    this.fault = fault;
    this.begun = false;
    this.happened = false;
  }

  /** Counts writes in the namespace from now on. */
  synchronized void watch(String namespace) {
    this.namespace = namespace;
    this.at = 0;
    this.fault = null;
    this.begun = false;
    this.happened = false;
    writes.clear();
  }

  /**
   * A fault that has not begun will not happen to a later story; one that has is waited for.
   * Returns whether it has happened.
   */
  synchronized boolean disarm() throws InterruptedException {
    fault = null;
    long deadline = System.nanoTime() + BEGUN.toNanos();
    while (begun && !happened && System.nanoTime() < deadline) {
      wait(BEGUN.toMillis());
    }
    return happened;
  }

  /** Whether the armed fault has happened, and its victim is dead if it was to die. */
  synchronized boolean happened() {
    return happened;
  }

  private synchronized void happen() {
    happened = true;
    notifyAll();
  }

  private void killAndTell() {
    kill.run();
    happen();
  }

  /** Writes in the namespace since it is watched, those that were refused included. */
  synchronized List<String> writes() {
    return List.copyOf(writes);
  }

  /** What lies between client and server from now on. */
  void weather(Weather weather) {
    this.weather = weather;
  }

  Weather weather() {
    return weather;
  }

  /** Watches stay open and say nothing for this long, then all at once. */
  void freeze(Duration duration) {
    frozenUntil = System.nanoTime() + duration.toNanos();
  }

  /** The watches that are open. */
  List<WatchStream> watches() {
    return List.copyOf(watches);
  }

  /** Every connection breaks. */
  void breakConnections() {
    open.forEach(ApiProxy::close);
  }

  /** The lists that informers began with, as they were asked for. */
  List<HttpMessage> lists() {
    return List.copyOf(lists.values());
  }

  /** Asks the server what a client has asked. */
  HttpMessage ask(HttpMessage request) throws IOException {
    try (Socket api = tls.getSocketFactory().createSocket("127.0.0.1", apiPort)) {
      request.write(api.getOutputStream());
      return HttpMessage.response(new BufferedInputStream(api.getInputStream()));
    }
  }

  private synchronized @Nullable Fault next(HttpMessage request) {
    if (!request.isWrite() || !request.target().contains("/namespaces/" + namespace + "/")) {
      return null;
    }
    writes.add(request.method() + " " + request.target().replaceFirst("\\?.*", ""));
    if (fault == null || writes.size() != at) {
      return null;
    }
    Fault now = fault;
    fault = null;
    begun = true;
    return now;
  }

  private void accept() {
    while (!server.isClosed()) {
      try {
        Socket client = server.accept();
        // Closing must not wait for a client that was stopped to read what TLS says at the end.
        client.setSoLinger(true, 1);
        Thread.ofVirtual().start(() -> serve(client));
      } catch (IOException e) {
        return;
      }
    }
  }

  private void serve(Socket client) {
    open.add(client);
    try (client;
        Socket api = tls.getSocketFactory().createSocket("127.0.0.1", apiPort)) {
      open.add(api);
      InputStream fromClient = new BufferedInputStream(client.getInputStream());
      InputStream fromApi = new BufferedInputStream(api.getInputStream());
      while (true) {
        HttpMessage request = HttpMessage.request(fromClient);
        if (request == null || weather.isDown()) {
          return;
        }
        HttpMessage instead = weather.answer(request);
        if (instead != null) {
          instead.write(client.getOutputStream());
          continue;
        }
        if (request.isWatch()) {
          request.write(api.getOutputStream());
          watch(new WatchStream(this, request, client, fromClient, api, fromApi));
          return;
        }
        if (!exchange(request, client, api, fromApi)) {
          return;
        }
      }
    } catch (IOException e) {
      // One side has gone; the other is closed with it.
    } finally {
      open.remove(client);
    }
  }

  private void watch(WatchStream stream) throws IOException {
    watches.add(stream);
    try {
      stream.run();
    } finally {
      watches.remove(stream);
    }
  }

  /** False if the connection must end. */
  private boolean exchange(HttpMessage request, Socket client, Socket api, InputStream fromApi)
      throws IOException {
    Fault now = next(request);
    switch (now) {
      case null -> {}
      case Fault.KillBefore _ -> {
        killAndTell();
        return false;
      }
      case Fault.Refuse(int code) -> {
        happen();
        HttpMessage.refusal(code).write(client.getOutputStream());
        return true;
      }
      case Fault.CutWatches _ -> {
        watches().forEach(WatchStream::cut);
        happen();
      }
      case Fault.FreezeWatches _ -> {
        freeze(FROZEN);
        happen();
      }
      case Fault.KillAfter _, Fault.LoseAnswer _ -> {}
    }
    if (request.isInformersList()) {
      lists.put(request.target(), request);
    }
    request.write(api.getOutputStream());
    HttpMessage response = HttpMessage.response(fromApi);
    if (now instanceof Fault.KillAfter) {
      killAndTell();
      return false;
    }
    if (now instanceof Fault.LoseAnswer) {
      happen();
      return false;
    }
    response.write(client.getOutputStream());
    return true;
  }

  /** Returns once watches may speak. */
  void waitForThaw() {
    for (long left = frozenUntil - System.nanoTime();
        left > 0;
        left = frozenUntil - System.nanoTime()) {
      LockSupport.parkNanos(left);
    }
  }

  static void close(Socket socket) {
    try {
      socket.close();
    } catch (IOException e) {
      // It is of no use any more either way.
    }
  }

  @Override
  public void close() throws IOException {
    server.close();
    open.forEach(ApiProxy::close);
  }
}
