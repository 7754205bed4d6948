package dev.epd.transfer;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Arrays;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/** Forwards one connection as a network does, with one harm done at one place of one direction. */
final class HarmfulProxy implements AutoCloseable {
  /** What is done to the bytes. */
  enum Harm {
    FLIP,
    TRUNCATE,
    SWAP,
    DROP,
    REPEAT
  }

  /** {@code span} bytes from {@code at} on, of the pusher's stream or of the receiver's. */
  record Place(boolean ofPusher, long at, int span) {}

  private final ServerSocket listener = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());

  HarmfulProxy(int target, Harm harm, Place place, Random random) throws IOException {
    Thread.startVirtualThread(
        () -> {
          try {
            Socket pusher = listener.accept();
            Socket receiver = new Socket(InetAddress.getLoopbackAddress(), target);
            Thread.startVirtualThread(
                () -> pump(receiver, pusher, place.ofPusher() ? null : harm, place, random));
            pump(pusher, receiver, place.ofPusher() ? harm : null, place, random);
          } catch (IOException e) {
            // Closed before anybody came.
          }
        });
  }

  int port() {
    return listener.getLocalPort();
  }

  /** An end is passed on as an end, a break as a break. */
  private static void pump(
      Socket from, Socket to, @Nullable Harm harm, Place place, Random random) {
    try {
      InputStream in = from.getInputStream();
      OutputStream out = to.getOutputStream();
      if (harm != null) {
        byte[] chunk = new byte[4096];
        for (long left = place.at(); left > 0; ) {
          int read = in.read(chunk, 0, (int) Math.min(chunk.length, left));
          if (read < 0) {
            break;
          }
          out.write(chunk, 0, read);
          left -= read;
        }
        spoil(harm, in, out, to, place.span(), random);
      }
      in.transferTo(out);
      to.shutdownOutput();
    } catch (IOException e) {
      close(from);
      close(to);
    }
  }

  private static void spoil(
      Harm harm, InputStream in, OutputStream out, Socket to, int span, Random random)
      throws IOException {
    switch (harm) {
      case FLIP -> {
        int hit = in.read();
        if (hit >= 0) {
          out.write(hit ^ (1 << random.nextInt(8)));
        }
      }
      case TRUNCATE -> {
        to.shutdownOutput();
        throw new IOException("cut");
      }
      case SWAP -> {
        byte[] first = in.readNBytes(span);
        byte[] second = in.readNBytes(span);
        if (second.length > 0 && Arrays.equals(first, second)) {
          // Swapping equals harms nothing.
          second[0] ^= 1;
        }
        out.write(second);
        out.write(first);
      }
      case DROP -> in.readNBytes(span);
      case REPEAT -> {
        byte[] twice = in.readNBytes(span);
        out.write(twice);
        out.write(twice);
      }
    }
  }

  private static void close(Socket socket) {
    try {
      socket.close();
    } catch (IOException e) {
      // It is gone.
    }
  }

  @Override
  public void close() throws IOException {
    listener.close();
  }
}
