#!/bin/sh
# Prints the home of a JDK 25 or newer: JAVA_HOME, else the usual places. Says what is missing when there is none.
set -u

major() { "$1/bin/javac" -version 2>&1 | sed -n 's/^javac \([0-9]*\).*/\1/p'; }

fits() { [ -x "$1/bin/javac" ] && [ "$(major "$1")" -ge 25 ] 2>/dev/null; }

for home in "${JAVA_HOME:-}" \
  /usr/lib/jvm/*25* /usr/lib/jvm/* /opt/*jdk*25* /opt/java/* \
  "$HOME"/.sdkman/candidates/java/25* "$HOME"/.jdks/*25* "$HOME"/.local/share/mise/installs/java/*25* \
  /Library/Java/JavaVirtualMachines/*25*/Contents/Home; do
  [ -n "$home" ] && fits "$home" && { printf '%s\n' "$home"; exit 0; }
done

cat >&2 <<'TXT'
No JDK 25 found (looked at JAVA_HOME and the usual places).
Install one (Temurin from https://adoptium.net, `sdk install java 25-tem`, or your distribution's openjdk-25-jdk),
or set JAVA_HOME to one you have, and run make again.
TXT
exit 1
