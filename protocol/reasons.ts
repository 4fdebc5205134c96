/**
 * Why a whole datagram is rejected (docs/protocol.md, "Rejected datagrams"): index 0 means sound. The words are labels of counters and never change;
 * new ones are added at the end.
 */
export const REJECT_REASONS = [
  "sound",
  "empty",
  "truncated",
  "bad-magic",
  "bad-version",
  "bad-kind",
  "bad-flags",
  "bad-device-id",
  "bad-sequence",
  "bad-checksum",
  "count-mismatch",
  "trailing-bytes",
  "bad-json",
  "bad-field",
  "oversize",
  "not-for-us",
  "not-asked",
  "implausible-sequence",
  "before-first",
  "below-floor",
  "too-many-epochs",
  "device-limit",
  "internal-error",
  "crosstalk",
  "database-error",
] as const;
export type RejectReason = (typeof REJECT_REASONS)[number];
/** Code of each reason: `REJECT["bad-magic"] === 3`. */
export const REJECT = Object.fromEntries(REJECT_REASONS.map((reason, code) => [reason, code])) as Record<
  RejectReason,
  number
>;

/** Why a single reading inside a sound datagram is refused (docs/protocol.md, "Refused readings"); the number still counts as received. */
export const REFUSAL_REASONS = [
  "unknown-type",
  "bad-length",
  "out-of-range",
  "bad-value",
  "bad-time",
  "bad-channel",
  "too-many-channels",
  "too-many-readings",
] as const;
export type RefusalReason = (typeof REFUSAL_REASONS)[number];
export const REFUSAL = Object.fromEntries(REFUSAL_REASONS.map((reason, code) => [reason, code])) as Record<
  RefusalReason,
  number
>;
