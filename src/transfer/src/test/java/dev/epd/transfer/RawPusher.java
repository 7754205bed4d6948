package dev.epd.transfer;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.zip.CRC32C;

/** A pusher that opens correctly and then puts any bytes on the wire. */
final class RawPusher implements AutoCloseable {
  final SocketChannel channel;
  final FrameChannel frames;
  private final long session;

  RawPusher(int port, byte[] ticket, PushSpec spec) throws IOException {
    channel = SocketChannel.open(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
    frames = new FrameChannel(channel);
    frames.write(
        Frame.Type.HELLO,
        new Hello(ticket, spec.requestId(), spec.fingerprint(), spec.parts()).encode());
    Frame answer = frames.readHead();
    if (answer == null || answer.type() != Frame.Type.HELLO_OK) {
      throw new IOException("refused: " + answer);
    }
    session = ByteBuffer.wrap(frames.readControl(answer)).getLong();
    frames.adoptSession(session);
  }

  /** A frame with valid checksums over any claims. */
  byte[] frame(Frame.Type type, int part, int sequence, long offset, int length, byte[] payload) {
    ByteBuffer out = ByteBuffer.allocate(Frame.HEAD_BYTES + payload.length);
    Frame.put(out, type, part, sequence, offset, length);
    CRC32C crc = new CRC32C();
    crc.update(ByteBuffer.allocate(8).putLong(0, session));
    crc.update(out.duplicate().flip());
    out.putInt((int) crc.getValue());
    crc.update(payload);
    out.putInt((int) crc.getValue()).put(payload);
    return out.array();
  }

  /** Whether the receiver took the bytes; it may have hung up. */
  boolean send(byte[] bytes) {
    try {
      ByteBuffer out = ByteBuffer.wrap(bytes);
      while (out.hasRemaining()) {
        channel.write(out);
      }
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
