package dev.epd.onebox;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.SecureRandom;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x500.X500NameBuilder;
import org.bouncycastle.asn1.x500.style.BCStyle;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.cert.X509v3CertificateBuilder;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.openssl.jcajce.JcaPEMWriter;
import org.bouncycastle.openssl.jcajce.JcaPKCS8Generator;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/**
 * The cluster's certificate authority and what it signs, as PEM files in one folder. Keys are EC
 * P-256, those of clients RSA 2048: the fabric8 client takes no other PKCS#8 key.
 */
final class Pki {
  private static final X500Name CA = new X500Name("CN=onebox-ca");

  private final Path folder;
  private final KeyPair authority;
  private final SecureRandom random = new SecureRandom();

  /** Where a certificate and its key lie. */
  record Pair(Path certificate, Path key) {}

  private Pki(Path folder, KeyPair authority) {
    this.folder = folder;
    this.authority = authority;
  }

  static Pki create(Path folder) {
    try {
      Files.createDirectories(folder);
      Pki pki = new Pki(folder, ec());
      X509v3CertificateBuilder builder = pki.builder(CA, pki.authority);
      builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(true));
      builder.addExtension(
          Extension.keyUsage,
          true,
          new KeyUsage(KeyUsage.keyCertSign | KeyUsage.cRLSign | KeyUsage.digitalSignature));
      pki.write("ca.crt", pki.sign(builder));
      pki.writeKey("ca.key", pki.authority);
      KeyPair serviceAccounts = ec();
      pki.writeKey("sa.key", serviceAccounts);
      pki.write("sa.pub", serviceAccounts.getPublic());
      return pki;
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot write certificates to " + folder, e);
    }
  }

  Path ca() {
    return folder.resolve("ca.crt");
  }

  Path caKey() {
    return folder.resolve("ca.key");
  }

  Path serviceAccountKey() {
    return folder.resolve("sa.key");
  }

  Path serviceAccountPublicKey() {
    return folder.resolve("sa.pub");
  }

  /** A certificate for a user and its groups (Kubernetes reads CN and O). */
  Pair client(String file, String user, List<String> groups) {
    X500NameBuilder name = new X500NameBuilder(BCStyle.INSTANCE);
    groups.forEach(group -> name.addRDN(BCStyle.O, group));
    name.addRDN(BCStyle.CN, user);
    return issue(file, name.build(), KeyPurposeId.id_kp_clientAuth, List.of(), rsa());
  }

  Pair server(String file, String name, List<String> dnsNames, List<String> addresses) {
    List<GeneralName> names = new ArrayList<>();
    dnsNames.forEach(dns -> names.add(new GeneralName(GeneralName.dNSName, dns)));
    addresses.forEach(address -> names.add(new GeneralName(GeneralName.iPAddress, address)));
    X500Name subject = new X500NameBuilder(BCStyle.INSTANCE).addRDN(BCStyle.CN, name).build();
    return issue(file, subject, KeyPurposeId.id_kp_serverAuth, names, ec());
  }

  private Pair issue(
      String file, X500Name subject, KeyPurposeId purpose, List<GeneralName> names, KeyPair keys) {
    try {
      X509v3CertificateBuilder builder = builder(subject, keys);
      builder.addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.digitalSignature));
      builder.addExtension(Extension.extendedKeyUsage, false, new ExtendedKeyUsage(purpose));
      if (!names.isEmpty()) {
        builder.addExtension(
            Extension.subjectAlternativeName,
            false,
            new GeneralNames(names.toArray(GeneralName[]::new)));
      }
      write(file + ".crt", sign(builder));
      writeKey(file + ".key", keys);
      return new Pair(folder.resolve(file + ".crt"), folder.resolve(file + ".key"));
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot write the certificate of " + file, e);
    }
  }

  private X509v3CertificateBuilder builder(X500Name subject, KeyPair keys) {
    Instant now = Instant.now();
    return new JcaX509v3CertificateBuilder(
        CA,
        new BigInteger(120, random).add(BigInteger.ONE),
        Date.from(now.minus(Duration.ofHours(1))),
        Date.from(now.plus(Duration.ofDays(365))),
        subject,
        keys.getPublic());
  }

  private X509CertificateHolder sign(X509v3CertificateBuilder builder) {
    try {
      return builder.build(
          new JcaContentSignerBuilder("SHA256withECDSA").build(authority.getPrivate()));
    } catch (OperatorCreationException e) {
      throw new IllegalStateException(e);
    }
  }

  private static KeyPair rsa() {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
      generator.initialize(2048);
      return generator.generateKeyPair();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  private static KeyPair ec() {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
      generator.initialize(new ECGenParameterSpec("secp256r1"));
      return generator.generateKeyPair();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  private void writeKey(String name, KeyPair keys) throws IOException {
    Path file = folder.resolve(name);
    Files.deleteIfExists(file);
    if (file.getFileSystem().supportedFileAttributeViews().contains("posix")) {
      Files.createFile(
          file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    }
    write(name, new JcaPKCS8Generator(keys.getPrivate(), null));
  }

  private void write(String name, Object object) throws IOException {
    try (Writer file =
            Files.newBufferedWriter(
                folder.resolve(name),
                StandardOpenOption.CREATE,
                StandardOpenOption.TRUNCATE_EXISTING,
                StandardOpenOption.WRITE);
        JcaPEMWriter pem = new JcaPEMWriter(file)) {
      pem.writeObject(object);
    }
  }
}
