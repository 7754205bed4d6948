package dev.epd.onebox.kubelet;

import java.nio.file.Path;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Processes share the machine's file system, so a container's mount paths are replaced, wherever
 * they stand in its command, arguments and environment, by the folders behind them. A path matches
 * in whole segments; the longest wins.
 */
final class MountPaths {
  private final List<Map.Entry<String, Path>> longestFirst;

  MountPaths(Map<String, Path> folders) {
    Map<String, Path> clean = new LinkedHashMap<>();
    folders.forEach((path, folder) -> clean.put(withoutEndSlash(path), folder));
    longestFirst =
        clean.entrySet().stream()
            .sorted(Comparator.comparingInt(entry -> -entry.getKey().length()))
            .toList();
  }

  Optional<Path> folderAt(String mountPath) {
    return longestFirst.stream()
        .filter(entry -> entry.getKey().equals(withoutEndSlash(mountPath)))
        .map(Map.Entry::getValue)
        .findFirst();
  }

  String rewrite(String text) {
    StringBuilder out = new StringBuilder(text.length());
    int at = 0;
    while (at < text.length()) {
      Map.Entry<String, Path> mount = mountAt(text, at);
      if (mount == null) {
        out.append(text.charAt(at++));
      } else {
        out.append(mount.getValue());
        at += mount.getKey().length();
      }
    }
    return out.toString();
  }

  private Map.@org.jspecify.annotations.Nullable Entry<String, Path> mountAt(String text, int at) {
    if (text.charAt(at) != '/' || !pathMayStart(text, at)) {
      return null;
    }
    for (Map.Entry<String, Path> mount : longestFirst) {
      int end = at + mount.getKey().length();
      if (text.startsWith(mount.getKey(), at)
          && (end == text.length() || text.charAt(end) == '/' || !inName(text.charAt(end)))) {
        return mount;
      }
    }
    return null;
  }

  /** After nothing, after what is no part of a path, or as the path of a file:// URL. */
  private static boolean pathMayStart(String text, int at) {
    if (at == 0) {
      return true;
    }
    char before = text.charAt(at - 1);
    return before == '/' ? text.startsWith("://", Math.max(0, at - 3)) : !inName(before);
  }

  private static boolean inName(char c) {
    return Character.isLetterOrDigit(c) || c == '.' || c == '_' || c == '-';
  }

  private static String withoutEndSlash(String path) {
    return path.length() > 1 && path.endsWith("/") ? path.substring(0, path.length() - 1) : path;
  }
}
