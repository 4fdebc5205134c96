/** What bounds recovery (docs/ledger.md, "Recovery"). Times in milliseconds. */

/** NACKs that name one range; the tracker adds that a range is asked for over at most 10 s */
export const MAX_REQUESTS = 10;
/** between two NACKs to one device: what becomes due meanwhile goes into one datagram */
export const DEVICE_SPACING_MS = 50;
/** NACKs of one ingest worker, all devices together */
export const NACKS_PER_SECOND = 5000;
export const NACK_BURST = 500;
/** fits into one packet on any path (docs/protocol.md, "NACK and GONE") */
export const MAX_NACK_BYTES = 1400;

/** until the round trip has been measured; then smoothed + 4 x variation (RFC 6298), within these bounds */
export const UNMEASURED_SPACING_MS = 250;
export const SMALLEST_SPACING_MS = 40;
export const GREATEST_SPACING_MS = 2000;

/** A device that never answered so many NACKs in so long does not hear them: it is asked once in a while, its other gaps are lost at once. */
export const DEAF_AFTER_NACKS = 6;
export const DEAF_AFTER_MS = 1500;
export const DEAF_PROBE_MS = 30_000;
/** how long the last answer to a device that is given up is waited for */
export const LAST_WAIT_MS = 500;

/** devices whose timing is kept; beyond that gaps of new ones are lost when their window closes */
export const MAX_PEERS = 65_536;
/** one that was not asked for so long makes room */
export const IDLE_PEER_MS = 60_000;
/** peers looked at for an idle one, and how soon again when there was none */
export const LOOK_AT_PEERS = 64;
export const SEARCH_EVERY_MS = 20;

/** a device that cannot be asked right now - not heard since the start, or it sent less than we would - is looked at again then */
export const RETRY_MS = 100;
/** ranges looked at per call of `plan`: bounded work between two reads of the socket */
export const LOOKS_PER_PLAN = 131_072;
/** what takes as long as looking at so many ranges: a device that is due, a NACK of many ranges */
export const LOOKS_PER_DEVICE = 128;
export const LOOKS_PER_NACK = 512;
