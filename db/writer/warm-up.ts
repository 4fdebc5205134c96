import type { Clock } from "../../common/clock.ts";
import { Batch, type BatchMessage, type Note, OP_CODE, OP_FIELDS } from "../../protocol/batch.ts";
import { VALUE_TYPE } from "../../protocol/constants.ts";
import { emptyFleet, type FleetCounters } from "../../protocol/fleet-counters.ts";
import { CAUSE, ROW, ROW_FIELDS, ROW_FLAG } from "../../protocol/ledger-row.ts";
import { packNotes } from "../../protocol/packed-notes.ts";
import { openForWriting } from "../file/open.ts";
import { readStateRow } from "../tables/state-row.ts";
import { FlushTransaction } from "./flush-transaction.ts";
import { gather } from "./gather.ts";
import { startTables } from "./start-and-stop.ts";
import { writerParts } from "./writer-parts.ts";

/** V8 has compiled the encoding for good after some 100,000 readings */
const FLUSHES = 8;
const BATCHES = 3;
/** some of them send far more than the others */
const DEVICES = 200;
const BUSY = 8;
const ROUNDS = 128;
const QUIET_ROUNDS_APART = 8;
const START_US = 1_700_000_000_000_000;
const STEP_US = 4000;
/** of each third device; one fewer in some of its datagrams */
const SEVERAL = 6;
/** far enough apart that the tables for people are brought up to date as well */
const FLUSH_MS = 3000;
/** of some devices one number stays away after so many; it is lost so many batches later */
const ABSENT = 50;
const WINDOW = 3;

/**
 * Write flushes of devices nobody has to a database in memory that is thrown away. Until the code of a flush is compiled a reading costs ten times
 * as much: a collector started amid 500,000 datagrams/s would have its batches in use faster than they come back, and shed. What is compiled
 * here is thrown out as soon as something else is met, so the devices send what real ones do: even and uneven times, values of all sorts, gaps.
 * @returns readings written
 */
export const warmUp = (): number => {
  const db = openForWriting(":memory:");
  try {
    let nowMs = 0;
    const clock: Clock = { monotonicMs: () => nowMs, wallUs: () => START_US + nowMs * 1000 };
    const parts = writerParts(db, { retentionMs: null, maxBytes: null });
    const transaction = new FlushTransaction(parts, clock);
    let row = startTables(parts, readStateRow(db), clock);
    let fleets: readonly FleetCounters[] = [parts.state.fleet];
    const batches = Array.from({ length: BATCHES }, () => new Batch());
    for (let flush = 0; flush < FLUSHES; flush++) {
      nowMs += FLUSH_MS;
      const messages = batches.map((batch, index) => fill(batch, flush * BATCHES + index));
      const gathered = gather(messages, parts.state, fleets);
      const doomed = parts.retention.choose(clock.wallUs(), row.replayFrom, false);
      row = transaction.commit(gathered, doomed, row).row;
      fleets = gathered.fleets;
    }
    return parts.merging.stored.readings;
  } finally {
    db.close();
  }
};

/** The batch in which each device has sent its next numbers in turn. @param turn - from 0 */
const fill = (batch: Batch, turn: number): BatchMessage => {
  batch.clear();
  for (let round = 0; round < ROUNDS; round++) {
    for (let device = 0; device < DEVICES; device++) {
      const apart = roundsApart(device);
      if (round % apart === 0) addDatagram(batch, device, (turn * ROUNDS + round) / apart);
    }
  }
  batch.rowCount = DEVICES;
  for (let device = 0; device < DEVICES; device++) {
    fillRow(batch.rows, device, (turn + 1) * perBatch(device));
    if (isGappy(device)) addGaps(batch, device, (turn + 1) * perBatch(device));
  }
  batch.firstArrivalUs = START_US;
  batch.lastArrivalUs = START_US + (turn + 1) * ROUNDS * STEP_US;
  const notes = turn === 0 ? newDevices() : laterNotes(turn);
  return {
    buffer: batch.buffer,
    notes: packNotes(notes),
    noteCount: notes.length,
    fleet: emptyFleet(),
    number: turn + 1,
    isPartial: false,
    worker: 0,
    sentAtMs: 0,
  };
};

const roundsApart = (device: number): number => (device < BUSY ? 1 : QUIET_ROUNDS_APART);

const perBatch = (device: number): number => ROUNDS / roundsApart(device);

/** @param index - of the datagram among the device's, from 0 */
const addDatagram = (batch: Batch, device: number, index: number): void => {
  const sequence = sequenceOf(device, index);
  const timeUs = START_US + sequence * STEP_US + jitterUs(device, sequence);
  const at = batch.datagramCount++;
  batch.datagramRun[at] = device + 1;
  batch.datagramSequence[at] = sequence;
  batch.datagramTime[at] = timeUs;
  const readings = readingsIn(device, sequence);
  batch.datagramReadings[at] = readings;
  for (let reading = 0; reading < readings; reading++) {
    const to = batch.readingCount++;
    batch.readingChannel[to] = (device % 2) + reading;
    batch.readingType[to] = VALUE_TYPE.FLOAT64;
    batch.readingTime[to] = timeUs - reading * apartUs(device, sequence);
    batch.readingValue[to] = readingOf(device + reading, sequence);
  }
};

const readingsIn = (device: number, sequence: number): number => {
  if (device % 3 !== 2) return 1;
  return device % 2 === 0 && sequence % 50 === 0 ? SEVERAL - 1 : SEVERAL;
};

/** the readings of a datagram were made at once, evenly, or as it happened */
const apartUs = (device: number, sequence: number): number => {
  if (device % 4 < 2) return 0;
  return device % 4 === 2 ? 250 : noise(device, sequence) % 1000;
};

/** Bits that are always the same and look like chance. @returns 0 to 65,535 */
const noise = (device: number, sequence: number): number =>
  Math.imul(Math.imul(device + 1, 0x9e3779b1) ^ (sequence + 1), 0x85ebca6b) >>> 16;

const isGappy = (device: number): boolean => device % 4 === 0;

/** Gaps before a device's datagram number `index`, from 0. */
const gapsBefore = (index: number): number => Math.floor(Math.max(0, index) / ABSENT);

const sequenceOf = (device: number, index: number): number =>
  isGappy(device) ? index + gapsBefore(index) : index;

/** none, some whole milliseconds, some microseconds, few of which are many */
const jitterUs = (device: number, sequence: number): number => {
  const chance = noise(device, sequence);
  if (device % 3 === 0) return 0;
  if (device % 3 === 1) return 1000 * (chance % 10);
  return chance % 41 === 0 ? 900 : chance % 20;
};

/** all that a float64 holds, decimals, whole numbers that grow, a constant, decimals with a few far away, float32, a state */
const readingOf = (device: number, sequence: number): number => {
  const wave = 20 + Math.sin(sequence / 50 + device);
  const chance = noise(device, sequence);
  switch (device % 7) {
    case 0:
      return wave;
    case 1:
      return Math.round(wave * 100) / 100;
    case 2:
      return sequence * 70_000 + (chance % 7);
    case 3:
      return 12.5;
    case 4:
      return chance % 41 === 0 ? 1e6 : (chance % 90) / 10;
    case 5:
      return Math.fround(wave);
    default:
      return chance % 2;
  }
};

/** @param next - how many datagrams came of the device */
const fillRow = (rows: Float64Array, device: number, next: number): void => {
  const row = rows.subarray(device * ROW_FIELDS, (device + 1) * ROW_FIELDS).fill(0);
  row[ROW.RUN] = device + 1;
  row[ROW.DEVICE] = device + 1;
  row[ROW.HIGH_WATER] = sequenceOf(device, next - 1);
  row[ROW.FLAGS] = ROW_FLAG.HEAD_KNOWN | ROW_FLAG.CURRENT | ROW_FLAG.CONFIRMED;
  row[ROW.IN_ORDER] = next;
  if (isGappy(device)) {
    const lost = gapsBefore(next - 1 - WINDOW * perBatch(device));
    row[ROW.LOST + CAUSE.NETWORK] = lost;
    row[ROW.MISSING] = gapsBefore(next - 1) - lost;
  }
  row[ROW.READINGS] = next;
  row[ROW.INTERVAL] = STEP_US + noise(device, next) / 1000;
  row[ROW.LAST_ARRIVAL] = START_US + next * STEP_US + (noise(device, next) % 50);
  row[ROW.HIGH_WATER_AT] = row[ROW.LAST_ARRIVAL]!;
  row[ROW.MAX_SEND_TIME] = row[ROW.LAST_ARRIVAL]!;
};

/** The gaps that were lost in this batch, and those that are open at its end. */
const addGaps = (batch: Batch, device: number, next: number): void => {
  const lostBefore = gapsBefore(next - 1 - (WINDOW + 1) * perBatch(device));
  const lost = gapsBefore(next - 1 - WINDOW * perBatch(device));
  const known = gapsBefore(next - 1);
  const run = device + 1;
  for (let gap = lostBefore; gap < lost; gap++) addGap(batch, OP_CODE.LOST, run, gap);
  batch.ops.fill(0, batch.opCount * OP_FIELDS, (batch.opCount + 1) * OP_FIELDS);
  batch.ops.set([OP_CODE.WINDOWS, run], batch.opCount++ * OP_FIELDS);
  for (let gap = lost; gap < known; gap++) addGap(batch, OP_CODE.OPEN, run, gap);
};

/** @param gap - from 0 */
const addGap = (batch: Batch, code: number, run: number, gap: number): void => {
  const number = (ABSENT + 1) * (gap + 1) - 1;
  const timeUs = START_US + number * STEP_US;
  const times = [timeUs - STEP_US, timeUs + STEP_US];
  const fields = [code, run, number, number, timeUs, timeUs, CAUSE.NETWORK, ...times, gap];
  batch.ops.set(fields, batch.opCount++ * OP_FIELDS);
};

const newDevices = (): Note[] =>
  Array.from({ length: DEVICES }, (_, index): Note[] => {
    const device = index + 1;
    const source = index % 2 === 0 ? { source: "192.0.2.7:5000" } : {};
    return [
      { note: "device", device, id: `warm-up-${index}`, ...source },
      { note: "run", run: device, device, epoch: index % 8 === 0 ? null : 1, index: 0 },
      ...(index % 4 === 0 ? [] : [describe(device, 0)]),
    ];
  }).flat();

const describe = (device: number, turn: number): Note => ({
  note: "channel",
  device,
  epoch: device % 8 === 1 ? null : 1,
  channel: (device - 1) % 2,
  name: `temperature${turn}`,
  unit: "C",
});

const laterNotes = (turn: number): Note[] => {
  const device = turn + 1;
  const event = { note: "event", at: START_US, kind: "source-changed" } as const;
  return [
    describe(device, turn),
    { note: "source", device, source: `192.0.2.8:${turn}` },
    { ...event, device, detail: { from: "192.0.2.7:5000", to: "192.0.2.8:5000" } },
    { ...event, device: null, detail: { online: turn } },
  ];
};
