package dev.epd.operator.faults;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** One HTTP/1.1 message (RFC 9112) as its bytes: enough to pass it on unchanged. */
record HttpMessage(String start, String head, byte[] body) {
  private static final int MAX_HEAD = 1 << 20;

  /** Reads a request; null when the connection ended before one began. */
  static @Nullable HttpMessage request(InputStream in) throws IOException {
    String head = head(in);
    return head == null ? null : new HttpMessage(startOf(head), head, body(in, head, false));
  }

  /** Reads an answer; one without a length lasts until the connection ends. */
  static HttpMessage response(InputStream in) throws IOException {
    String head = head(in);
    if (head == null) {
      throw new EOFException("no answer");
    }
    int code = Integer.parseInt(startOf(head).split(" ", 3)[1]);
    boolean bodiless = code == 204 || code == 304 || code < 200;
    return new HttpMessage(startOf(head), head, bodiless ? new byte[0] : body(in, head, true));
  }

  String method() {
    return start.substring(0, start.indexOf(' '));
  }

  String target() {
    return start.split(" ", 3)[1];
  }

  boolean isWrite() {
    return switch (method()) {
      case "POST", "PUT", "PATCH", "DELETE" -> true;
      default -> false;
    };
  }

  boolean isWatch() {
    return isWebSocket() || target().contains("watch=true");
  }

  boolean isWebSocket() {
    return "websocket".equals(field(head, "upgrade"));
  }

  /** Whether it asks for a list as informers do: in pages, or of any age. */
  boolean isInformersList() {
    return method().equals("GET")
        && !isWatch()
        && (target().contains("limit=") || target().contains("resourceVersion=0"));
  }

  /** Whether it is content with a list of the past. */
  boolean isOfAnyAge() {
    return target().contains("resourceVersion=0");
  }

  /** An answer of the API server's shape that says no. */
  static HttpMessage refusal(int code) {
    String reason =
        switch (code) {
          case 403 -> "Forbidden";
          case 409 -> "Conflict";
          case 429 -> "TooManyRequests";
          case 503 -> "ServiceUnavailable";
          case 504 -> "Timeout";
          default -> "InternalError";
        };
    String body =
        """
        {"kind":"Status","apiVersion":"v1","status":"Failure","message":"refused by a test","reason":"%s","code":%d}"""
            .formatted(reason, code);
    String start = "HTTP/1.1 %d %s".formatted(code, reason);
    String head =
        "%s\r\nContent-Type: application/json\r\n%sContent-Length: %d\r\n\r\n"
            .formatted(start, code == 429 ? "Retry-After: 1\r\n" : "", body.length());
    return new HttpMessage(start, head, body.getBytes(StandardCharsets.ISO_8859_1));
  }

  void write(OutputStream out) throws IOException {
    out.write(bytes());
    out.flush();
  }

  byte[] bytes() {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(head.length() + body.length);
    bytes.writeBytes(head.getBytes(StandardCharsets.ISO_8859_1));
    bytes.writeBytes(body);
    return bytes.toByteArray();
  }

  private static String startOf(String head) {
    return head.substring(0, head.indexOf('\r'));
  }

  private static @Nullable String head(InputStream in) throws IOException {
    StringBuilder head = new StringBuilder();
    while (head.length() < 4 || !head.substring(head.length() - 4).equals("\r\n\r\n")) {
      int b = in.read();
      if (b < 0) {
        return null;
      }
      head.append((char) b);
      if (head.length() > MAX_HEAD) {
        throw new IOException("a head of more than " + MAX_HEAD + " bytes");
      }
    }
    return head.toString();
  }

  private static byte[] body(InputStream in, String head, boolean untilEnd) throws IOException {
    if ("chunked".equals(field(head, "transfer-encoding"))) {
      return chunks(in);
    }
    String length = field(head, "content-length");
    if (length != null) {
      return in.readNBytes(Integer.parseInt(length));
    }
    return untilEnd ? in.readAllBytes() : new byte[0];
  }

  private static byte[] chunks(InputStream in) throws IOException {
    ByteArrayOutputStream raw = new ByteArrayOutputStream();
    while (true) {
      String size = line(in, raw);
      int bytes = Integer.parseInt(size.strip().split(";", 2)[0], 16);
      raw.write(in.readNBytes(bytes));
      line(in, raw);
      if (bytes == 0) {
        return raw.toByteArray();
      }
    }
  }

  private static String line(InputStream in, ByteArrayOutputStream raw) throws IOException {
    StringBuilder line = new StringBuilder();
    int b;
    while ((b = in.read()) >= 0) {
      raw.write(b);
      line.append((char) b);
      if (b == '\n') {
        return line.toString();
      }
    }
    throw new EOFException("inside a chunked body");
  }

  private static @Nullable String field(String head, String name) {
    return head.lines()
        .skip(1)
        .filter(line -> line.toLowerCase(Locale.ROOT).startsWith(name + ":"))
        .map(line -> line.substring(name.length() + 1).strip().toLowerCase(Locale.ROOT))
        .findFirst()
        .orElse(null);
  }
}
