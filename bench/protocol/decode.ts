import { Buffer } from "node:buffer";
import { FLAG, KIND, MAX_DATAGRAM_BYTES, VALUE_TYPE } from "../../protocol/constants.ts";
import { Datagram } from "../../protocol/datagram.ts";
import { decode } from "../../protocol/decode.ts";
import { setDeviceId } from "../../protocol/device-id.ts";
import { encodeBinary } from "../../protocol/encode-binary.ts";
import { encodeJson } from "../../protocol/encode-json.ts";

/**
 * Nanoseconds per datagram to decode and to encode, and heap bytes on the binary path: `node bench/protocol/decode.ts`. One process, the datagram in cache:
 * the cost of the code, not of memory.
 */
const ROUNDS = 500_000;

const datagramOf = (readings: number): Datagram => {
  const datagram = new Datagram();
  datagram.kind = KIND.DATA;
  setDeviceId(datagram, "pump-00042");
  datagram.epoch = 3;
  datagram.sequence = 1_000_000;
  datagram.sendTimeUs = 1_795_176_000_123_456;
  datagram.readingCount = readings;
  for (let index = 0; index < readings; index++) {
    datagram.channels[index] = index;
    datagram.types[index] = VALUE_TYPE.FLOAT64;
    datagram.values[index] = 20 + index / 10;
  }
  return datagram;
};

/** Heap growth is shown for the binary format only: JSON allocates so much that a collection falls into every measurement. */
const HEAP_ROUNDS = 1000;

const nsPerRound = (rounds: number, step: () => void): number => {
  const startNs = process.hrtime.bigint();
  for (let round = 0; round < rounds; round++) step();
  return Number(process.hrtime.bigint() - startNs) / rounds;
};

const heapBytesPerRound = (step: () => void): number => {
  const before = process.memoryUsage().heapUsed;
  for (let round = 0; round < HEAP_ROUNDS; round++) step();
  return (process.memoryUsage().heapUsed - before) / HEAP_ROUNDS;
};

const median = (samples: number[]): number => samples.toSorted((a, b) => a - b)[samples.length >> 1]!;

/** Best time of three, so that a busy machine disturbs less; the median of the heap's growth, whatever else it contains. */
const measure = (name: string, rounds: number, bytes: number, step: () => void): void => {
  nsPerRound(rounds, step);
  const ns = Math.min(...[1, 2, 3].map(() => nsPerRound(rounds, step)));
  const heapBytes = median([1, 2, 3, 4, 5, 6, 7].map(() => heapBytesPerRound(step)));
  const heap = name.includes("binary") ? `${heapBytes.toFixed(0).padStart(4)} heap B` : "";
  console.log(`${name.padEnd(38)} ${String(bytes).padStart(6)} B ${ns.toFixed(0).padStart(7)} ns ${heap}`);
};

const out = Buffer.alloc(MAX_DATAGRAM_BYTES);
const view = new DataView(out.buffer, out.byteOffset, out.length);
const into = new Datagram();

for (const readings of [1, 10, 80]) {
  const datagram = datagramOf(readings);
  for (const flags of [0, FLAG.CRC]) {
    const words = `${readings} float64${flags === 0 ? "" : " + CRC"}`;
    const length = encodeBinary(datagram, flags, out, view);
    measure(`decode binary, ${words}`, ROUNDS, length, () => decode(out, view, 0, length, "auto", into));
    measure(`encode binary, ${words}`, ROUNDS, length, () => encodeBinary(datagram, flags, out, view));
  }
  const length = encodeJson(datagram, out);
  const rounds = ROUNDS / 10;
  measure(`decode JSON, ${readings} values`, rounds, length, () =>
    decode(out, view, 0, length, "auto", into),
  );
  measure(`encode JSON, ${readings} values`, rounds, length, () => encodeJson(datagram, out));
}

const broken = Buffer.from('{"device":"pump-7","seq":1');
const brokenView = new DataView(broken.buffer, broken.byteOffset, broken.length);
measure("reject JSON that is cut", ROUNDS / 10, broken.length, () =>
  decode(broken, brokenView, 0, broken.length, "auto", into),
);
