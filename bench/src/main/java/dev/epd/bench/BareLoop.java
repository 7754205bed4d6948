package dev.epd.bench;

import java.io.EOFException;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;

/** The floor: direct buffers over an open loopback connection, one byte back when all is there. */
final class BareLoop implements AutoCloseable {
  private final SocketChannel out;
  private final SocketChannel in;
  private final Thread reader;
  private final ByteBuffer ack = ByteBuffer.allocateDirect(1);

  BareLoop(MemorySegment target) throws IOException {
    try (ServerSocketChannel listener =
        ServerSocketChannel.open()
            .bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))) {
      out = SocketChannel.open(listener.getLocalAddress());
      in = listener.accept();
      out.setOption(StandardSocketOptions.TCP_NODELAY, true);
      in.setOption(StandardSocketOptions.TCP_NODELAY, true);
    }
    reader = Thread.ofPlatform().daemon().start(() -> receive(target.asByteBuffer()));
  }

  private void receive(ByteBuffer into) {
    ByteBuffer done = ByteBuffer.allocateDirect(1);
    try {
      while (in.read(into) >= 0) {
        if (!into.hasRemaining()) {
          in.write(done.clear());
          into.clear();
        }
      }
    } catch (IOException e) {
      // Closed: the sender sees it too.
    }
  }

  /**
   * @return seconds until the receiver's byte came back
   */
  double send(MemorySegment source) throws IOException {
    long start = System.nanoTime();
    ByteBuffer from = source.asByteBuffer();
    while (from.hasRemaining()) {
      out.write(from);
    }
    if (out.read(ack.clear()) < 0) {
      throw new EOFException("the reader ended");
    }
    return (System.nanoTime() - start) / 1e9;
  }

  @Override
  public void close() throws IOException, InterruptedException {
    out.close();
    in.close();
    reader.join();
  }
}
