package dev.epd.runtime.tensor;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * Writes the archive that {@code torch.jit.load} reads: a zip of stored entries under one root
 * folder, with the source text and a pickle of one object whose only attributes are {@code
 * training} and a list of weights, empty at first.
 */
final class TorchScriptArchive {
  private static final int PROTO_2 = 0x80;

  private TorchScriptArchive() {}

  /**
   * @param className the module class defined in {@code source}
   * @param source TorchScript text, with attributes {@code training : bool} and {@code w :
   *     List[Tensor]}
   */
  static byte[] write(String className, String source) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
      store(zip, "m/version", ascii("3\n"));
      store(zip, "m/constants.pkl", new byte[] {(byte) PROTO_2, 2, 0x29, 0x2E});
      store(zip, "m/code/__torch__.py", source.getBytes(StandardCharsets.UTF_8));
      store(zip, "m/data.pkl", pickle(className));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  private static byte[] pickle(String className) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(PROTO_2);
    out.write(2);
    out.write(ascii("c__torch__\n" + className + "\n)")); // GLOBAL, EMPTY_TUPLE
    out.write(0x81); // NEWOBJ
    out.write(ascii("}(")); // EMPTY_DICT, MARK
    name(out, "training");
    out.write(0x89); // NEWFALSE
    name(out, "w");
    out.write(ascii("ctorch.jit._pickle\nbuild_tensorlist\n]"));
    out.write(0x85); // TUPLE1
    out.write(ascii("Rub.")); // REDUCE, SETITEMS, BUILD, STOP
    return out.toByteArray();
  }

  private static void name(ByteArrayOutputStream out, String name) throws IOException {
    byte[] utf8 = name.getBytes(StandardCharsets.UTF_8);
    out.write('X'); // BINUNICODE, length little-endian
    out.write(utf8.length);
    out.write(new byte[3]);
    out.write(utf8);
  }

  private static void store(ZipOutputStream zip, String name, byte[] data) throws IOException {
    CRC32 crc = new CRC32();
    crc.update(data);
    ZipEntry entry = new ZipEntry(name);
    entry.setMethod(ZipEntry.STORED);
    entry.setSize(data.length);
    entry.setCrc(crc.getValue());
    entry.setTime(0);
    zip.putNextEntry(entry);
    zip.write(data);
    zip.closeEntry();
  }

  private static byte[] ascii(String s) {
    return s.getBytes(StandardCharsets.US_ASCII);
  }
}
