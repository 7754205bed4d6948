package dev.epd.transfer;

import java.io.Closeable;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/** Frames over a blocking socket: one reading thread, any number of writing ones. */
final class FrameChannel implements Closeable {
  /** Read and checked in pieces of this size, while they are in the CPU's cache. */
  private static final int PIECE_BYTES = 256 << 10;

  private static final int MAX_MESSAGE = 300;

  private final SocketChannel channel;
  private final ReentrantLock writing = new ReentrantLock();
  private final ByteBuffer headOut = ByteBuffer.allocateDirect(Frame.HEAD_BYTES);
  private final ByteBuffer headIn = ByteBuffer.allocateDirect(Frame.HEAD_BYTES);
  private final CRC32C crcOut = new CRC32C();
  private final CRC32C crcIn = new CRC32C();
  private final ByteBuffer sessionOut = ByteBuffer.allocate(8);
  private final ByteBuffer sessionIn = ByteBuffer.allocate(8);
  private int sequenceOut;
  private int sequenceIn;
  private volatile long lastReadNanos = System.nanoTime();
  private volatile long lastWriteNanos = System.nanoTime();
  private volatile boolean inputCut;

  FrameChannel(SocketChannel channel) {
    this.channel = channel;
  }

  /** Nanoseconds since the peer was last heard. */
  long silentNanos() {
    return System.nanoTime() - lastReadNanos;
  }

  /** Nanoseconds since anything was sent. */
  long quietNanos() {
    return System.nanoTime() - lastWriteNanos;
  }

  void write(Frame.Type type, byte[] payload) throws IOException {
    write(type, 0, 0, ByteBuffer.wrap(payload));
  }

  void write(Frame.Type type, int part, long offset, ByteBuffer payload) throws IOException {
    writing.lock();
    try {
      writeLocked(type, part, offset, payload);
    } finally {
      writing.unlock();
    }
  }

  /** Sends HELLO_OK under the old session; everything sent later counts to the new one. */
  void writeHelloOk(byte[] payload, long session) throws IOException {
    writing.lock();
    try {
      writeLocked(Frame.Type.HELLO_OK, 0, 0, ByteBuffer.wrap(payload));
      sessionOut.putLong(0, session);
    } finally {
      writing.unlock();
    }
    sessionIn.putLong(0, session);
  }

  /** After HELLO_OK was read. */
  void adoptSession(long session) {
    writing.lock();
    try {
      sessionOut.putLong(0, session);
    } finally {
      writing.unlock();
    }
    sessionIn.putLong(0, session);
  }

  /** Best effort: gives up when another thread is stuck in a write. */
  void tryWrite(Frame.Type type, byte[] payload) {
    try {
      if (writing.tryLock(200, TimeUnit.MILLISECONDS)) {
        try {
          writeLocked(type, 0, 0, ByteBuffer.wrap(payload));
        } finally {
          writing.unlock();
        }
      }
    } catch (IOException e) {
      // The reading side learns of the broken connection and tells.
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void writeLocked(Frame.Type type, int part, long offset, ByteBuffer payload)
      throws IOException {
    headOut.clear();
    Frame.put(headOut, type, part, sequenceOut++, offset, payload.remaining());
    crcOut.reset();
    crcOut.update(sessionOut.array());
    crcOut.update(headOut.duplicate().flip());
    headOut.putInt((int) crcOut.getValue());
    crcOut.update(payload.duplicate());
    headOut.putInt((int) crcOut.getValue()).flip();
    ByteBuffer[] buffers = {headOut, payload};
    while (payload.hasRemaining() || headOut.hasRemaining()) {
      channel.write(buffers);
    }
    lastWriteNanos = System.nanoTime();
  }

  /** Returns null at an orderly end between two frames. The payload is still to be checked. */
  @Nullable Frame readHead() throws IOException {
    headIn.clear();
    while (headIn.hasRemaining()) {
      if (readSome(headIn) < 0) {
        if (headIn.position() == 0) {
          return null;
        }
        throw new TransferException(TransferError.CONNECTION_LOST, "cut within a frame");
      }
    }
    headIn.flip();
    Frame frame = Frame.get(headIn);
    crcIn.reset();
    crcIn.update(sessionIn.array());
    crcIn.update(headIn.duplicate().position(0).limit(Frame.CHECKED_HEAD_BYTES));
    if (frame.sequence() != sequenceIn++ || frame.headCrc() != (int) crcIn.getValue()) {
      throw wrongChecksum();
    }
    return frame;
  }

  /** Reads and checks the payload of a control frame, which {@link Frame#get} has bounded. */
  byte[] readControl(Frame frame) throws IOException {
    byte[] payload = new byte[frame.length()];
    readPayload(frame, ByteBuffer.wrap(payload));
    return payload;
  }

  /** Reads a payload straight into its place and checks it. */
  void readData(Frame frame, MemorySegment destination) throws IOException {
    readPayload(frame, destination.asByteBuffer());
  }

  private void readPayload(Frame frame, ByteBuffer into) throws IOException {
    int end = into.limit();
    while (into.position() < end) {
      int from = into.position();
      into.limit(Math.min(end, from + PIECE_BYTES));
      if (readSome(into) < 0) {
        throw new TransferException(TransferError.CONNECTION_LOST, "cut within a frame");
      }
      crcIn.update(into.duplicate().limit(into.position()).position(from));
    }
    if (frame.crc() != (int) crcIn.getValue()) {
      throw wrongChecksum();
    }
  }

  private static TransferException wrongChecksum() {
    return new TransferException(
        TransferError.CHECKSUM, "the checksum of a frame is wrong: its bytes were changed");
  }

  private int readSome(ByteBuffer into) throws IOException {
    int read = inputCut ? -1 : channel.read(into);
    lastReadNanos = System.nanoTime();
    return read;
  }

  /** Ends the reading thread's work while answers can still be sent. */
  void cutInput() {
    inputCut = true;
    try {
      channel.shutdownInput();
    } catch (IOException e) {
      close();
    }
  }

  /** Says that nothing more will come. */
  void endOutput() {
    try {
      channel.shutdownOutput();
    } catch (IOException e) {
      // It is broken already.
    }
  }

  /**
   * Swallows what the peer still sends until it hangs up. A socket that is closed with unread bytes
   * is reset, and a reset may overtake the last words we sent.
   */
  void drain() {
    ByteBuffer swallowed = ByteBuffer.allocate(16 << 10);
    try {
      while (readSome(swallowed) >= 0) {
        swallowed.clear();
      }
    } catch (IOException e) {
      // It hung up.
    }
  }

  static byte[] encodeError(TransferException failure) {
    String message = String.valueOf(failure.getMessage());
    byte[] text =
        message
            .substring(0, Math.min(MAX_MESSAGE, message.length()))
            .getBytes(StandardCharsets.UTF_8);
    return ByteBuffer.allocate(1 + text.length).put(failure.error().code()).put(text).array();
  }

  static TransferException decodeError(byte[] payload) {
    if (payload.length == 0) {
      return new TransferException(TransferError.PROTOCOL, "an error without a reason");
    }
    String text = new String(payload, 1, payload.length - 1, StandardCharsets.UTF_8);
    return new TransferException(
        TransferError.ofCode(payload[0]), text.replaceAll("\\p{Cntrl}", " "));
  }

  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException e) {
      // Nothing is left to be done with it.
    }
  }
}
