import { Tracker } from "../../collector/tracker/tracker.ts";
import {
  type Arrival,
  type TrackerOptions,
  type TrackerSink,
  VERDICT,
} from "../../collector/tracker/types.ts";
import { setEngineFlags } from "../../common/engine-flags.js";
import { KIND } from "../../protocol/constants.ts";
import { Datagram } from "../../protocol/datagram.ts";
import { ROW_FIELDS } from "../../protocol/ledger-row.ts";

setEngineFlags();

/**
 * Nanoseconds the tracker takes per datagram, devices in turn, as a fleet sends: in order, and with 1 % loss, 0.5 % duplication and 5 %
 * of neighbours swapped. Rows are drained every 4,096 datagrams and the clock ticks every 50 ms, as in the pipeline.
 */
const DATAGRAMS = 4_000_000;
const PER_SECOND = 400_000;
const START_US = Date.UTC(2026, 10, 20) * 1000;
const ID_BYTES = 12;
const DRAIN_EVERY = 4096;
const TICK_EVERY = PER_SECOND / 20;

const options: TrackerOptions = {
  windowMs: 250,
  maxDevices: 200_000,
  maxGapsPerDevice: 4096,
  maxGaps: 1_000_000,
  maxOpenRuns: 8,
  maxNewRunsPerMinute: 16,
  holdMs: 5000,
};
const nothing = (): void => undefined;
const sink: TrackerSink = {
  deviceCreated: nothing,
  runCreated: nothing,
  deviceForgotten: nothing,
  sourceChanged: nothing,
  event: nothing,
  gapLost: nothing,
  gapFilled: nothing,
  heldAccepted: nothing,
  heldDropped: nothing,
};

/** A repeatable stream of numbers in [0, 1): an xorshift is enough for impairments. */
const randomFrom = (seed: number) => (): number => {
  seed ^= seed << 13;
  seed ^= seed >>> 17;
  seed ^= seed << 5;
  return (seed >>> 0) / 2 ** 32;
};

/** device index and number of each datagram, in order of arrival; made before the clock runs */
const traffic = (devices: number, isImpaired: boolean) => {
  const who = new Int32Array(DATAGRAMS);
  const number = new Int32Array(DATAGRAMS);
  const next = new Int32Array(devices);
  const held = new Int32Array(devices).fill(-1);
  const random = randomFrom(20_261_120);
  let [count, copies] = [0, 0];
  const emit = (device: number, n: number): void => {
    if (count === DATAGRAMS) return;
    who[count] = device;
    number[count++] = n;
  };
  for (let turn = 0; count < DATAGRAMS; turn++) {
    const device = turn % devices;
    const n = next[device]!;
    next[device] = n + 1;
    if (isImpaired && n > 2) {
      const luck = random();
      if (luck < 0.01) continue;
      if (luck < 0.06 && held[device]! < 0) {
        held[device] = n;
        continue;
      }
      if (luck > 0.995 && count < DATAGRAMS - 1) {
        copies++;
        emit(device, n);
      }
    }
    emit(device, n);
    if (held[device]! >= 0) {
      emit(device, held[device]!);
      held[device] = -1;
    }
  }
  return { who, number, copies };
};

const measure = (devices: number, isImpaired: boolean): number => {
  const { who, number, copies } = traffic(devices, isImpaired);
  const tracker = new Tracker(options, sink);
  const ids = new TextEncoder().encode(
    Array.from({ length: devices }, (_, i) => `dev-${String(i).padStart(ID_BYTES - 4, "0")}`).join(""),
  );
  const rows = new Float64Array(ROW_FIELDS * 8192);
  const datagram = new Datagram();
  datagram.kind = KIND.DATA;
  datagram.epoch = 1;
  datagram.pointId(ids, 0, ID_BYTES);
  const arrival: Arrival = {
    arrivalUs: 0,
    nowMs: 0,
    listener: 0,
    local: 0,
    address: "192.0.2.7",
    port: 5000,
    lengthBytes: 100,
  };
  let [duplicates, rejected] = [0, 0];
  const started = process.hrtime.bigint();
  for (let i = 0; i < DATAGRAMS; i++) {
    const elapsedUs = (i * 1_000_000) / PER_SECOND;
    arrival.arrivalUs = START_US + elapsedUs;
    arrival.nowMs = elapsedUs / 1000;
    datagram.idOffset = who[i]! * ID_BYTES;
    datagram.sequence = number[i]!;
    // that of its turn, also when it comes late or again: a copy with a later one would be a number used anew (R5)
    datagram.sendTimeUs = START_US + ((number[i]! * devices + who[i]!) * 1_000_000) / PER_SECOND;
    const verdict = tracker.onDatagram(datagram, arrival);
    if (verdict === VERDICT.DUPLICATE) duplicates++;
    else if (verdict === VERDICT.REJECTED) rejected++;
    if (i % DRAIN_EVERY === 0) {
      tracker.drainDirty(rows, 8192, 1);
      tracker.drainWindows(nothing, nothing);
    }
    if (i % TICK_EVERY === 0) tracker.tick(arrival.nowMs, arrival.nowMs, arrival.arrivalUs);
  }
  const ns = Number(process.hrtime.bigint() - started) / DATAGRAMS;
  if (rejected > 0 || duplicates !== copies)
    throw new Error(`${rejected} rejected, ${duplicates} duplicates where there were ${copies} copies`);
  return ns;
};

console.log("ns per datagram (tracker, drain and tick included)");
for (const devices of [1000, 10_000, 100_000])
  for (const isImpaired of [false, true]) {
    measure(devices, isImpaired);
    const ns = measure(devices, isImpaired);
    console.log(
      `${String(devices).padStart(7)} devices ${isImpaired ? "impaired" : "in order"}: ${ns.toFixed(0)}`,
    );
  }
