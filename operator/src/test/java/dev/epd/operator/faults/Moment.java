package dev.epd.operator.faults;

/** When in a story a perturbation begins. */
enum Moment {
  /** Everything stands still, and the story is about to be told. */
  BEFORE,
  /** The story has been told; the operator may not have heard yet. */
  TOLD,
  /** The operator has made half of its writes. */
  HALFWAY,
  /** The story has come to its end. */
  AFTER
}
