package dev.epd.operator.faults;

import java.util.List;

/** How an undisturbed run ends, and what the operator writes in it. */
record Reference(Snapshot end, List<String> requests) {
  int writes() {
    return requests.size();
  }
}
