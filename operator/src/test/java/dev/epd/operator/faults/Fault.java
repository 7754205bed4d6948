package dev.epd.operator.faults;

/** What befalls the operator at one of its writes; each happens once. */
sealed interface Fault {

  /** SIGKILL, the write not sent: the API server never hears of it. */
  record KillBefore() implements Fault {}

  /** SIGKILL, the write done and its answer never read. */
  record KillAfter() implements Fault {}

  /** The write is not done and answered with an error of the API server's shape. */
  record Refuse(int code) implements Fault {
    @Override
    public String toString() {
      return "Refuse " + code;
    }
  }

  /** The write is done, the answer lost: the connection breaks. */
  record LoseAnswer() implements Fault {}

  /** Every watch breaks off, then the write is done. */
  record CutWatches() implements Fault {}

  /** The write is done; watches stay open and say nothing for two seconds, then all at once. */
  record FreezeWatches() implements Fault {}

  /** For tables: the kind of fault, and its code if it has one. */
  default String label() {
    return this instanceof Refuse ? toString() : getClass().getSimpleName();
  }
}
