package dev.epd.api.v1alpha1;

/** Whether other pods compute on the same GPU. */
public enum GpuSharing {
  /** The pod has the GPU, or its MIG slice, to itself. */
  Exclusive,
  /** The device plugin lets several pods take turns (time-slicing) or share (MPS). */
  Shared
}
