package dev.epd.onebox.kubelet;

import com.sun.net.httpserver.HttpsServer;
import dev.epd.onebox.OneboxException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.BitSet;

/**
 * The node's network: one free 127.0.n.0/24. The node is 127.0.n.1; whoever holds its kubelet port
 * holds the network, so nodes of other processes and users keep out of each other's way without any
 * file, and the claim ends with the process. Pods get 127.0.n.2 to 127.0.n.254.
 */
final class NodeAddress {
  /** The port of every kubelet. */
  static final int KUBELET_PORT = 10250;

  private final int network;
  private final HttpsServer server;
  private final BitSet used = new BitSet();
  private int last = 1;

  private NodeAddress(int network, HttpsServer server) {
    this.network = network;
    this.server = server;
  }

  static NodeAddress claim() {
    IOException last = new IOException("no network tried");
    for (int network = 2; network < 256; network++) {
      try {
        InetAddress address = InetAddress.getByAddress(new byte[] {127, 0, (byte) network, 1});
        return new NodeAddress(
            network, HttpsServer.create(new InetSocketAddress(address, KUBELET_PORT), 16));
      } catch (IOException e) {
        last = e;
      }
    }
    throw new OneboxException(
        "No free network in 127.0.2.0 to 127.0.255.0 (port 10250 of each is taken, or this system"
            + " is not Linux and lacks these addresses)",
        last);
  }

  HttpsServer server() {
    return server;
  }

  String node() {
    return "127.0." + network + ".1";
  }

  /** A free pod address; recently released ones come last. */
  synchronized String allocate() {
    for (int tried = 0; tried < 253; tried++) {
      last = last >= 254 ? 2 : last + 1;
      if (!used.get(last)) {
        used.set(last);
        return "127.0." + network + "." + last;
      }
    }
    throw new OneboxException("All 253 pod addresses of the node are in use");
  }

  synchronized void release(String address) {
    used.clear(Integer.parseInt(address.substring(address.lastIndexOf('.') + 1)));
  }
}
