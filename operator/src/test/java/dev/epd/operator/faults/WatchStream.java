package dev.epd.operator.faults;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.URI;

/** One watch of the client, passed on event by event. */
final class WatchStream {
  private final ApiProxy proxy;
  private final String resource;
  private final boolean isWebSocket;
  private final Socket client;
  private final InputStream fromClient;
  private final Socket api;
  private final InputStream fromApi;

  WatchStream(
      ApiProxy proxy,
      HttpMessage request,
      Socket client,
      InputStream fromClient,
      Socket api,
      InputStream fromApi) {
    this.proxy = proxy;
    this.resource = resourceOf(request);
    this.isWebSocket = request.isWebSocket();
    this.client = client;
    this.fromClient = fromClient;
    this.api = api;
    this.fromApi = fromApi;
  }

  /** The plural of what is watched. */
  String resource() {
    return resource;
  }

  static String resourceOf(HttpMessage request) {
    String path = URI.create(request.target()).getPath();
    return path.substring(path.lastIndexOf('/') + 1);
  }

  /** Passes on until one side ends it. The request has been sent. */
  void run() throws IOException {
    Thread up = Thread.ofVirtual().start(this::passUp);
    try {
      if (isWebSocket) {
        passEvents();
      } else {
        passBytes();
      }
    } finally {
      cut();
      up.interrupt();
    }
  }

  private void passUp() {
    try {
      fromClient.transferTo(api.getOutputStream());
    } catch (IOException e) {
      // The watch has ended.
    }
    ApiProxy.close(api);
  }

  private void passEvents() throws IOException {
    HttpMessage answer = HttpMessage.response(fromApi);
    write(answer.bytes());
    if (!answer.start().contains(" 101 ")) {
      return;
    }
    proxy.weather().onOpen(this);
    for (Frame frame = Frame.read(fromApi); frame != null; frame = Frame.read(fromApi)) {
      proxy.waitForThaw();
      if (frame.isMessage()) {
        proxy.weather().onEvent(WatchEvent.of(resource, frame), this);
      } else {
        write(frame.bytes());
      }
    }
  }

  /**
   * The client falls back to plain HTTP when WebSockets were refused; events are not told apart.
   */
  private void passBytes() throws IOException {
    byte[] buffer = new byte[1 << 14];
    for (int n = fromApi.read(buffer); n >= 0; n = fromApi.read(buffer)) {
      proxy.waitForThaw();
      write(java.util.Arrays.copyOf(buffer, n));
    }
  }

  void send(WatchEvent event) throws IOException {
    write(event.frame().bytes());
  }

  private synchronized void write(byte[] bytes) throws IOException {
    OutputStream out = client.getOutputStream();
    out.write(bytes);
    out.flush();
  }

  /** Says 410 and ends the watch. */
  void gone() {
    try {
      if (isWebSocket) {
        write(WatchEvent.gone().bytes());
      }
    } catch (IOException e) {
      // It has ended by itself.
    }
    cut();
  }

  /** The connection breaks. */
  void cut() {
    ApiProxy.close(client);
    ApiProxy.close(api);
  }
}
