import { crc32 } from "node:zlib";
import type { ChannelSummary, ChunkHead } from "../../../db/chunk/chunk-head.ts";
import { values } from "./columns.ts";
import { StoredBytes } from "./stored-bytes.ts";

/** A row of `chunk_heads`, as docs/storage.md says it is stored. */
export const chunkHeads = (row: Uint8Array) => {
  const whole = new StoredBytes(row);
  const bytes = whole.take(row.length - 4);
  if (crc32(bytes) !== whole.u32()) throw new RangeError("a damaged row");
  const input = new StoredBytes(bytes);
  if (input.u8() !== 1) throw new RangeError("an unknown version");
  const originUs = input.f64();
  const dataFrom = input.varint();
  const runs: {
    run: number;
    isUnsequenced: boolean;
    datagrams: number;
    dataBytes: number;
    heads: ChunkHead[];
  }[] = [];
  for (let before = 0; !input.isAtEnd; ) {
    const run = before + input.varint();
    before = run;
    const chunks = input.varint();
    const [datagrams, headBytes, dataBytes] = [input.varint(), input.varint(), input.varint()];
    const heads = headsIn(new StoredBytes(input.take(headBytes)), Math.floor(chunks / 2), originUs);
    runs.push({ run, isUnsequenced: chunks % 2 === 1, datagrams, dataBytes, heads });
  }
  return { originUs, dataFrom, runs };
};

const headsIn = (input: StoredBytes, count: number, originUs: number): ChunkHead[] => {
  const heads: ChunkHead[] = [];
  while (heads.length < count) heads.push(headIn(input, heads.at(-1)?.lastSequence ?? 0, originUs));
  if (!input.isAtEnd) throw new RangeError("a run has more heads");
  return heads;
};

const headIn = (input: StoredBytes, after: number, originUs: number): ChunkHead => {
  const packed = input.varint();
  const [readings, bytes] = [input.varint(), input.varint()];
  const firstSequence = after + input.svarint();
  const lastSequence = firstSequence + input.varint();
  const firstTimeUs = originUs + input.svarint();
  const lastTimeUs = firstTimeUs + input.varint();
  let [firstReadingTimeUs, lastReadingTimeUs] = [firstTimeUs, lastTimeUs];
  if (packed % 2 === 0) {
    firstReadingTimeUs = firstTimeUs + input.svarint();
    lastReadingTimeUs = firstReadingTimeUs + input.varint();
  }
  const hasChannels = packed % 4 >= 2;
  return {
    ...{ datagrams: Math.floor(packed / 4), readings, bytes, firstSequence, lastSequence },
    ...{ firstTimeUs, lastTimeUs, firstReadingTimeUs, lastReadingTimeUs },
    channels: hasChannels ? channelsIn(input, lastReadingTimeUs, lastSequence) : null,
  };
};

const channelsIn = (input: StoredBytes, lastTimeUs: number, lastNumber: number): ChannelSummary[] => {
  const counts = Array.from({ length: input.varint() }, () => {
    const [channel, count, nonFinite] = [input.varint(), input.varint(), input.varint()];
    const last = { lastReadingTimeUs: 0, lastSequence: 0 };
    if (count > 0) {
      last.lastReadingTimeUs = lastTimeUs - input.varint();
      last.lastSequence = lastNumber - input.varint();
    }
    return { channel, count, nonFinite, ...last };
  });
  const figures = values(input, 3 * counts.length);
  return counts.map((one, at) => {
    const [min, max, last] = figures.slice(3 * at, 3 * at + 3);
    return { ...one, min: min!, max: max!, last: last!, sum: input.f64() };
  });
};
