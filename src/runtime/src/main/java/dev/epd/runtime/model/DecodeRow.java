package dev.epd.runtime.model;

/**
 * One sequence's part of a decode step.
 *
 * @param slot its cache slot
 * @param length tokens in the cache before this step; the new token is written at this index
 * @param token the newest token
 * @param position its rotary position, the same in all three rows (length plus the rope delta of
 *     the prompt)
 */
public record DecodeRow(int slot, int length, int token, int position) {}
