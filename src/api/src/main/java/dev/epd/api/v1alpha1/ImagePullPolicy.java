package dev.epd.api.v1alpha1;

/** When the kubelet pulls the image, as in core/v1. */
public enum ImagePullPolicy {
  Always,
  IfNotPresent,
  Never
}
