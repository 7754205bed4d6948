package dev.epd.api.v1alpha1;

/** Flags of the runtime that the operator sets from the spec; nobody else may. */
final class ReservedFlags {
  private static final String PATTERN =
      "^--(role|model-dir|model-name|cluster|compatibility-key|namespace|signing-key-file|topology|drain-timeout"
          + "|api-keys-file|queue-max-patches|queue-max-bytes|max-context(-tokens)?|max-slots|max-images|chunk-tokens|cache-bytes|dtype"
          + "|http-port|metrics-port|control-port|transfer-port)(=.*)?$";

  static final String RULE =
      "!has(self.args) || !self.args.exists(a, a.matches('" + PATTERN + "'))";

  static final String MESSAGE =
      "args must not set a flag that the operator owns (--role, --model-*, --cluster, --namespace,"
          + " --signing-key-file, --topology, --drain-timeout, --api-keys-file, --queue-*,"
          + " --max-context*, --max-slots, --max-images, --chunk-tokens, --cache-bytes, --dtype, --*-port): remove it and use the field of the spec instead";

  private ReservedFlags() {}
}
