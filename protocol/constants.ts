/** Words of the wire format, version 1 (docs/protocol.md). */

export const MAGIC_0 = 0x4c;
export const MAGIC_1 = 0x43;
export const VERSION = 1;
export const HEADER_BYTES = 28;
export const CRC_BYTES = 4;

export const KIND = { DATA: 1, HEARTBEAT: 2, DESCRIBE: 3, NACK: 4, GONE: 5 } as const;
export const FLAG = { CRC: 0b001, OFFSETS_MS: 0b010, RELATIVE_TIME: 0b100 } as const;
/** bits 5-7 must be zero */
export const FLAGS_REFUSED = 0b1110_0000;

export const VALUE_TYPE = {
  FLOAT32: 1,
  FLOAT64: 2,
  INT32: 3,
  INT64: 4,
  BOOL: 5,
  UINT64: 6,
  TEXT: 7,
} as const;

export const MAX_DATAGRAM_BYTES = 65_507;
export const MAX_ID_BYTES = 64;
/** bytes of one entry of a body; a DATA entry's value and the name and unit of a DESCRIBE entry come on top */
export const ENTRY_BYTES = { DATA: 8, DESCRIBE: 4, RANGE: 16, SLEEP: 4 } as const;
/** bytes of a value, by VALUE_TYPE; the length byte says those of TEXT */
export const VALUE_BYTES = Uint8Array.of(0, 4, 8, 4, 8, 1, 8);
/** more readings, and more ranges, than any binary datagram can carry; descriptions, the shortest of 5 bytes, may be more */
export const MAX_ENTRIES = 8192;
export const MAX_CHANNELS_PER_DEVICE = 1024;
/** the greatest sequence number; 2^53 - 1 stays free so that `next` is exact too */
export const MAX_SEQUENCE = Number.MAX_SAFE_INTEGER - 1;
export const MAX_EPOCH = 0xffff_ffff;
/** HEARTBEAT entry that says the epoch is over */
export const END_OF_EPOCH = 0xffff_ffff;
/** 2000-01-01T00:00:00Z in microseconds; earlier send times are treated as unknown */
export const EARLIEST_TIME_US = 946_684_800_000_000;
/** send times later than arrival by more are treated as unknown */
export const LATEST_AHEAD_US = 86_400_000_000;
/** JSON channels are numbered by the collector from here, so that they never meet a binary sender's numbers */
export const FIRST_NAMED_CHANNEL = 32_768;
