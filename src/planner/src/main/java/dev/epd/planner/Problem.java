package dev.epd.planner;

import dev.epd.api.v1alpha1.Reason;

/** Why a spec cannot be acted on; becomes condition Ready=False with this reason and message. */
public record Problem(Reason reason, String message) {}
