package dev.epd.operator.faults;

import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.EnumSet;
import java.util.Set;

/** Something that befalls the operator or its world while a story is told. */
interface Perturbation {
  /** Lasts until the story has come to its end. */
  Duration THROUGHOUT = ChronoUnit.FOREVER.getDuration();

  /** Every object is looked at again after two minutes, and what was seen then is acted on. */
  Duration LOOKED_AT_AGAIN = Duration.ofSeconds(270);

  Set<String> EVERY_ROLE = Set.of("gateway", "encoder", "prefill", "decode");

  /** Its number in the catalogue of faults, such as F07. */
  String number();

  /** In words, with what tells it from others of its number. */
  String title();

  /** The moments at which it is worth playing. */
  default Set<Moment> moments() {
    return EnumSet.of(Moment.BEFORE, Moment.HALFWAY);
  }

  default Set<Story> stories() {
    return EnumSet.allOf(Story.class);
  }

  /** From its begin to its end. */
  default Duration lasts() {
    return Duration.ZERO;
  }

  /** How long the way back may take. */
  default Duration patience() {
    return Duration.ofSeconds(100);
  }

  /** Roles whose ready pods end for it, and not for want of care. */
  default Set<String> takes() {
    return Set.of();
  }

  /** Whether the operator's process may end by itself, to be started again. */
  default boolean mayEndOperator() {
    return false;
  }

  /** Whether it needs the control plane for itself. */
  default boolean isAlone() {
    return false;
  }

  /** Too long for a sample. */
  default boolean isLong() {
    return isAlone() || lasts().compareTo(Duration.ofSeconds(6)) > 0 && lasts() != THROUGHOUT;
  }

  /** Before the story is told, whatever the moment. */
  default void prepare(Scene scene) throws Exception {}

  void begin(Scene scene) throws Exception;

  default void end(Scene scene) throws Exception {}
}
