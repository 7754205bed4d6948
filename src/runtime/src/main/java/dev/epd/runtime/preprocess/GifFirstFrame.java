package dev.epd.runtime.preprocess;

import java.io.IOException;
import java.util.Arrays;
import javax.imageio.ImageReader;
import javax.imageio.metadata.IIOMetadataNode;
import org.w3c.dom.Node;

/**
 * Where the first frame of a GIF stands on the picture's screen, whose size is the picture's size.
 * What the frame leaves bare is black.
 */
record GifFirstFrame(int screenWidth, int screenHeight, int left, int top) {

  static GifFirstFrame of(ImageReader reader, byte[] bytes) throws IOException {
    int width = (bytes[6] & 0xff) | (bytes[7] & 0xff) << 8;
    int height = (bytes[8] & 0xff) | (bytes[9] & 0xff) << 8;
    int left = 0;
    int top = 0;
    Node root = reader.getImageMetadata(0).getAsTree("javax_imageio_gif_image_1.0");
    for (Node node = root.getFirstChild(); node != null; node = node.getNextSibling()) {
      if (node instanceof IIOMetadataNode element
          && element.getNodeName().equals("ImageDescriptor")) {
        left = Integer.parseInt(element.getAttribute("imageLeftPosition"));
        top = Integer.parseInt(element.getAttribute("imageTopPosition"));
      }
    }
    return new GifFirstFrame(width, height, left, top);
  }

  RgbImage onScreen(RgbImage frame) {
    if (frame.width() == screenWidth && frame.height() == screenHeight && left == 0 && top == 0) {
      return frame;
    }
    int plane = screenWidth * screenHeight;
    byte[] out = new byte[3 * plane];
    Arrays.fill(out, (byte) 0);
    int w = Math.min(frame.width(), screenWidth - left);
    int h = Math.min(frame.height(), screenHeight - top);
    int framePlane = frame.width() * frame.height();
    for (int channel = 0; channel < 3 && w > 0; channel++) {
      for (int y = 0; y < h; y++) {
        System.arraycopy(
            frame.samples(),
            channel * framePlane + y * frame.width(),
            out,
            channel * plane + (y + top) * screenWidth + left,
            w);
      }
    }
    return new RgbImage(screenWidth, screenHeight, out);
  }
}
