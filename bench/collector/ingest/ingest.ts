import { setEngineFlags } from "../../../common/engine-flags.js";
import { FLAG, KIND, VALUE_TYPE } from "../../../protocol/constants.ts";
import { Datagram } from "../../../protocol/datagram.ts";
import { setDeviceId } from "../../../protocol/device-id.ts";
import { encodeBinary } from "../../../protocol/encode-binary.ts";
import { encodeJson } from "../../../protocol/encode-json.ts";
import { openIngest } from "../../../test/support/open-ingest.ts";
import { seededDoubles } from "../../../test/support/series.ts";

setEngineFlags();

/**
 * Nanoseconds of CPU and heap bytes per datagram from its bytes to the sealed batch: decode, verdict, columns, rows. No socket and no
 * writer: batches come back at once. Devices in turn, everything in order or lost at the socket; best of five rounds.
 */
const ROUNDS = 5;
const START_US = Date.UTC(2026, 10, 20) * 1000;
const TICK_MS = 20;

interface Traffic {
  bytes: Uint8Array;
  view: DataView;
  /** where each datagram begins, and the end of the last one */
  starts: Uint32Array;
}

interface Load {
  devices: number;
  readings: number;
  count?: number;
  perSecond?: number;
  isJson?: boolean;
  /** share of the datagrams that the socket drops, single ones at random */
  loss?: number;
}

/** `count` datagrams, devices in turn, one after the other in memory. */
const makeTraffic = ({ devices, readings, isJson, count, perSecond }: Required<Load>): Traffic => {
  const bytes = new Uint8Array(count * (isJson ? 400 : 60 + 16 * readings));
  const view = new DataView(bytes.buffer);
  const starts = new Uint32Array(count + 1);
  const datagram = new Datagram();
  datagram.kind = KIND.DATA;
  datagram.epoch = 1;
  datagram.readingCount = readings;
  datagram.named = isJson;
  for (let index = 0; index < readings; index++) {
    datagram.channels[index] = index;
    datagram.names[index] = `value${index}`;
    datagram.types[index] = VALUE_TYPE.FLOAT64;
    datagram.values[index] = 20 + index / 10;
  }
  for (let index = 0; index < count; index++) {
    setDeviceId(datagram, `pump-${String(index % devices).padStart(6, "0")}`);
    datagram.sequence = Math.floor(index / devices);
    datagram.sendTimeUs = START_US + (index * 1_000_000) / perSecond;
    const at = starts[index]!;
    const length = isJson
      ? encodeJson(datagram, bytes.subarray(at))
      : encodeBinary(datagram, FLAG.CRC, bytes, view, at);
    starts[index + 1] = at + length;
  }
  return { bytes, view, starts };
};

const play = (
  { bytes, view, starts }: Traffic,
  { count, perSecond, loss }: Required<Load>,
): { ns: number; heapBytes: number } => {
  const ingest = openIngest(START_US);
  const random = seededDoubles(1);
  const tickEvery = (perSecond * TICK_MS) / 1000;
  let dropped = 0;
  const heapBefore = process.memoryUsage().heapUsed;
  const before = process.cpuUsage();
  for (let index = 0; index < count; index++) {
    const nowMs = (index * 1000) / perSecond;
    const wallUs = START_US + Math.round(nowMs * 1000);
    const at = starts[index]!;
    if (loss > 0 && random() < loss) dropped++;
    else ingest.receive(0, bytes, view, at, starts[index + 1]! - at, "192.0.2.7", 5000, wallUs, nowMs);
    if (index % tickEvery !== 0) continue;
    ingest.kernelDrops(nowMs, nowMs, [dropped]);
    ingest.tick(nowMs, nowMs, wallUs);
  }
  const { user, system } = process.cpuUsage(before);
  const received = ingest.counters[0]!.received;
  if (received !== count - dropped) throw new Error(`${received} of ${count - dropped} datagrams received`);
  const heapBytes = (process.memoryUsage().heapUsed - heapBefore) / received;
  return { ns: ((user + system) * 1000) / received, heapBytes };
};

const measure = (name: string, asked: Load): void => {
  const load = { count: 400_000, perSecond: 50_000, isJson: false, loss: 0, ...asked };
  const traffic = makeTraffic(load);
  const rounds = Array.from({ length: ROUNDS }, () => play(traffic, load));
  const ns = Math.min(...rounds.map((round) => round.ns)).toFixed(0);
  const heaps = rounds.map(({ heapBytes }) => heapBytes).filter((heapBytes) => heapBytes >= 0);
  const heap = heaps.length === 0 ? "collected" : Math.min(...heaps).toFixed(1);
  console.log(`${name.padEnd(40)} ${ns.padStart(6)} ns  heap ${heap} B`);
};

measure("1,000 devices, 1 float64", { devices: 1000, readings: 1 });
measure("1,000 devices, 20 float64", { devices: 1000, readings: 20, count: 100_000 });
measure("100,000 devices, 1 float64", { devices: 100_000, readings: 1 });
measure("1,000 devices, JSON, 1 value", { devices: 1000, readings: 1, isJson: true, count: 100_000 });
measure("1,000 devices, a third lost at 500,000/s", {
  devices: 1000,
  readings: 1,
  count: 2_000_000,
  perSecond: 500_000,
  loss: 1 / 3,
});
