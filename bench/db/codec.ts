import { ByteReader } from "../../db/codec/byte-reader.ts";
import { ByteWriter } from "../../db/codec/byte-writer.ts";
import { decodeIntegers, encodeIntegers } from "../../db/codec/integers.ts";
import { decodeValues, encodeValues } from "../../db/codec/values.ts";
import { SERIES, type Series, seededDoubles, timesOf, valuesOf } from "../../test/support/series.ts";
import { bestNs } from "../support/measure.ts";

/**
 * Bytes and nanoseconds per reading, times and values, of five series in chunks: `node bench/db/codec.ts`. Jitters: 0 to 600 microseconds,
 * 0 to 9 whole milliseconds, none. All series run in one process, so that each pays for the code being compiled for all.
 */
const CHUNKS = 16;
const ROUND_READINGS = 320_000;

interface Chunk {
  times: Float64Array;
  values: Float64Array;
  sequence: Float64Array;
  bytes: Uint8Array;
}

const out = new ByteWriter(1 << 16);

const encode = ({ times, values, sequence }: Chunk): void => {
  out.reset();
  encodeIntegers(out, times, 0, times.length, times[0]!, sequence);
  encodeValues(out, values, 0, values.length);
};

const decode = ({ times, sequence, bytes }: Chunk, into: Float64Array): void => {
  const input = new ByteReader(bytes);
  decodeIntegers(input, times.length, into, 0, times[0]!, sequence);
  decodeValues(input, times.length, into, 0);
};

const chunksOf = (series: Series, size: number, jitter: number, unitUs: number): Chunk[] => {
  const random = seededDoubles(11);
  return Array.from({ length: CHUNKS }, () => {
    const chunk: Chunk = {
      times: timesOf(size, jitter, unitUs, random),
      values: valuesOf(series, size, random),
      sequence: Float64Array.from({ length: size }, (_, index) => index),
      bytes: new Uint8Array(0),
    };
    encode(chunk);
    chunk.bytes = out.written().slice();
    return chunk;
  });
};

const report = (name: string, chunks: Chunk[], size: number): void => {
  const readings = size * CHUNKS;
  const into = new Float64Array(size);
  const rounds = Math.ceil(ROUND_READINGS / readings);
  const bytes = chunks.reduce((sum, chunk) => sum + chunk.bytes.length, 0) / readings;
  const encodeNs =
    bestNs(() => {
      for (const chunk of chunks) encode(chunk);
    }, rounds) / readings;
  const decodeNs =
    bestNs(() => {
      for (const chunk of chunks) decode(chunk, into);
    }, rounds) / readings;
  console.log(
    `${name.padEnd(34)} ${bytes.toFixed(2).padStart(6)} B ${encodeNs.toFixed(0).padStart(5)} ns ${decodeNs.toFixed(0).padStart(5)} ns`,
  );
};

console.log(`${"".padEnd(34)} per reading  encode   decode`);
for (const size of [1000, 100, 16]) {
  for (const [label, jitter, unitUs] of [
    ["600 us", 600, 1],
    ["9 ms", 9, 1000],
    ["no jitter", 0, 1],
  ] as const) {
    for (const series of SERIES) {
      report(`${series}, ${label}, ${size} readings`, chunksOf(series, size, jitter, unitUs), size);
    }
  }
}
