package dev.epd.gateway.routing;

import dev.epd.contract.RoleException;
import dev.epd.contract.v1.DecodeEvent;
import dev.epd.contract.v1.EncodeEvent;
import dev.epd.contract.v1.PrefillEvent;
import dev.epd.contract.v1.SlotReservation;
import dev.epd.gateway.endpoints.Node;
import org.jspecify.annotations.Nullable;

/**
 * What the thread of a request waits for. Each belongs to an attempt; those of earlier attempts are
 * dropped when they are taken out.
 */
sealed interface Signal {

  /** Places at prefill and decode were granted. */
  record Started(Node prefill, @Nullable Node decode) implements Signal {}

  /** An image has its place. */
  record Placed(int image, Node encoder) implements Signal {}

  /** Decode has a slot. */
  record Slot(SlotReservation reservation) implements Signal {}

  /** From prefill's stream. */
  record Prefilled(PrefillEvent event) implements Signal {}

  /** From decode's stream. */
  record Decoded(DecodeEvent event) implements Signal {}

  /** From an encoder's stream. */
  record Encoded(int image, int turn, EncodeEvent event) implements Signal {}

  /** A call ended, well when {@code failure} is null. */
  record Closed(Call call, @Nullable RoleException failure) implements Signal {}

  /** The client is gone; belongs to every attempt. */
  record ClientGone() implements Signal {}

  /** Which call of an attempt. */
  sealed interface Call {
    /** Decode.Reserve. */
    record Reserve() implements Call {}

    /** Prefill.Run. */
    record Prefill() implements Call {}

    /** Decode.Generate. */
    record Generate() implements Call {}

    /** Encode of an image for the {@code turn}-th time. */
    record Encode(int image, int turn) implements Call {}
  }
}
