package dev.epd.operator;

import io.fabric8.kubernetes.client.vertx.VertxHttpClientFactory;
import io.vertx.core.Vertx;
import io.vertx.ext.web.client.WebClientOptions;

/**
 * Asks the API server for compressed answers, which it gives from 128 KiB on: the objects in a page
 * of a list are much alike, and what is not sent need not be decrypted.
 */
final class CompressedHttp extends VertxHttpClientFactory {
  CompressedHttp(Vertx vertx) {
    super(vertx);
  }

  @Override
  protected void additionalConfig(WebClientOptions options) {
    options.setDecompressionSupported(true);
  }
}
