import { systemClock } from "../../common/clock.ts";
import { Batch, type BatchMessage, type Note, OP, OP_CODE, OP_FIELDS } from "../../protocol/batch.ts";
import { VALUE_TYPE } from "../../protocol/constants.ts";
import { emptyFleet, type FleetCounters } from "../../protocol/fleet-counters.ts";
import { CAUSE, ROW, ROW_FIELDS, ROW_FLAG } from "../../protocol/ledger-row.ts";
import { packNotes } from "../../protocol/packed-notes.ts";

export interface ModelReading {
  channel: number;
  value: number;
  timeUs: number;
  type?: number;
}

interface Lost {
  cause: number;
  openedAt: number;
  closedAt: number;
}

/** One run, kept as sets of numbers. */
export interface ModelRun {
  run: number;
  device: number;
  epoch: number | null;
  index: number;
  row: Float64Array;
  received: Set<number>;
  open: Map<number, number>;
  lost: Map<number, Lost>;
  /** numbers that came after they were declared lost */
  filled: Map<number, Lost>;
  readings: { sequence: number; timeUs: number; readings: ModelReading[] }[];
}

/**
 * An ingest worker without a network: says what arrived, keeps the ledger as plain sets and makes the batches a writer gets. Time is a
 * counter; one call, one microsecond, unless it is moved.
 */
export class IngestModel {
  readonly runs = new Map<number, ModelRun>();
  readonly ids = new Map<number, string>();
  readonly forgotten: ModelRun[] = [];
  fleet: FleetCounters = emptyFleet();
  nowUs: number;
  #nextDevice: number;
  #nextRun: number;
  #batch = new Batch();
  #notes: Note[] = [];
  #changed = new Set<ModelRun>();
  #number = 0;
  readonly #worker: number;

  constructor({ nowUs = 1_795_176_000_000_000, nextDevice = 1, nextRun = 1, worker = 0 } = {}) {
    this.#worker = worker;
    this.nowUs = nowUs;
    this.#nextDevice = nextDevice;
    this.#nextRun = nextRun;
  }

  device(id: string): number {
    const device = this.#nextDevice++;
    this.ids.set(device, id);
    this.#notes.push({ note: "device", device, id });
    this.#notes.push({ note: "source", device, source: `10.0.0.1:${4000 + (device % 1000)}` });
    return device;
  }

  run(device: number, epoch: number | null, index = 0, flags = 0): ModelRun {
    const run: ModelRun = {
      run: this.#nextRun++,
      device,
      epoch,
      index,
      row: new Float64Array(ROW_FIELDS),
      received: new Set(),
      open: new Map(),
      lost: new Map(),
      filled: new Map(),
      readings: [],
    };
    this.runs.set(run.run, run);
    this.#notes.push({ note: "run", run: run.run, device, epoch, index });
    run.row[ROW.RUN] = run.run;
    run.row[ROW.DEVICE] = device;
    run.row[ROW.FIRST] = -1;
    run.row[ROW.HIGH_WATER] = -1;
    run.row[ROW.FLAGS] = flags;
    run.row[ROW.FIRST_ARRIVAL] = this.nowUs;
    this.#changed.add(run);
    return run;
  }

  describe(device: number, epoch: number | null, channel: number, name: string, unit = ""): void {
    this.#notes.push({ note: "channel", device, epoch, channel, name, unit });
  }

  source(device: number, source: string): void {
    this.#notes.push({ note: "source", device, source });
  }

  event(
    device: number | null,
    kind: "restart" | "sleep" | "collector-down" | "collector-started" | "listener-state",
    detail: Record<string, unknown> = { n: this.#number },
  ): void {
    this.#notes.push({ note: "event", at: this.nowUs, kind, device, detail });
  }

  /** An open number arrives after NACKs named it. */
  recover(run: ModelRun, sequence: number, requests: number, timeUs = this.nowUs): void {
    const now = this.#heard(run);
    const openedAt = run.open.get(sequence)!;
    run.open.delete(sequence);
    run.row[ROW.RECOVERED]!++;
    run.received.add(sequence);
    run.filled.set(sequence, { cause: CAUSE.NETWORK, openedAt, closedAt: now });
    this.#op(OP_CODE.FILL_OPEN, run, sequence, sequence, openedAt, now, CAUSE.NETWORK, requests, [
      timeUs,
      timeUs,
    ]);
    this.#store(run, sequence, timeUs, []);
    this.#count(run);
  }

  /** A DATA datagram; what it does follows from the sets. */
  receive(run: ModelRun, sequence: number, readings: ModelReading[] = [], timeUs = this.nowUs): void {
    const { row } = run;
    const now = this.#heard(run);
    if (run.received.size === 0) row[ROW.FIRST_ARRIVAL] = Math.min(row[ROW.FIRST_ARRIVAL]!, now);
    const highWater = row[ROW.HIGH_WATER]!;
    if (highWater < 0) row[ROW.FIRST] = sequence;
    if (sequence > highWater) {
      for (let absent = highWater + 1; highWater >= 0 && absent < sequence; absent++)
        run.open.set(absent, now);
      row[ROW.HIGH_WATER] = sequence;
      row[ROW.HIGH_WATER_AT] = now;
      row[ROW.IN_ORDER]!++;
    } else if (run.open.delete(sequence)) row[ROW.REORDERED]!++;
    else if (run.lost.has(sequence)) this.#fill(run, sequence, now, timeUs);
    else {
      row[ROW.DUPLICATES]!++;
      return;
    }
    run.received.add(sequence);
    this.#store(run, sequence, timeUs, readings);
    this.#count(run);
  }

  /** A datagram without a number; the run has ROW_FLAG.UNSEQUENCED. */
  receiveUnsequenced(run: ModelRun, readings: ModelReading[], timeUs = this.nowUs): void {
    this.#heard(run);
    this.#store(run, run.row[ROW.UNSEQUENCED]!++, timeUs, readings);
  }

  /** The device is heard on this run, and on no other of its own. */
  makeCurrent(run: ModelRun): void {
    for (const each of this.runs.values()) {
      if (each.device !== run.device) continue;
      const flags = each.row[ROW.FLAGS]!;
      each.row[ROW.FLAGS] = each === run ? flags | ROW_FLAG.CURRENT : flags & ~ROW_FLAG.CURRENT;
      if (each.row[ROW.FLAGS] !== flags) this.#changed.add(each);
    }
  }

  /** A control datagram that asserts nothing new. */
  hear(run: ModelRun): void {
    this.#heard(run);
    this.fleet.control++;
  }

  /** Every open gap of the run is declared lost, or those from a number on. */
  close(run: ModelRun, cause: number = CAUSE.UNDETERMINED, from = 0): void {
    for (const [first, last, openedAt] of rangesOf(run.open)) {
      if (first < from) continue;
      this.#op(OP_CODE.LOST, run, first, last, openedAt, this.nowUs, cause);
      for (let number = first; number <= last; number++) {
        run.lost.set(number, { cause, openedAt, closedAt: this.nowUs });
        run.open.delete(number);
      }
    }
    this.#changed.add(run);
    this.#count(run);
    this.nowUs++;
  }

  forget(device: number): void {
    for (const run of [...this.runs.values()]) {
      if (run.device !== device) continue;
      this.runs.delete(run.run);
      this.forgotten.push(run);
      this.#changed.add(run);
    }
    this.ids.delete(device);
    this.#notes.push({ note: "forgotten", device });
  }

  /** What happened since the last one, as a batch; a partial one leaves rows and windows to one that comes later. */
  seal(isPartial = false): BatchMessage {
    const batch = this.#batch;
    for (const run of isPartial ? [] : this.#changed) {
      batch.rows.set(run.row, batch.rowCount++ * ROW_FIELDS);
      this.#op(OP_CODE.WINDOWS, run, 0, 0, 0, 0, 0);
      for (const [first, last, openedAt] of rangesOf(run.open)) {
        this.#op(OP_CODE.OPEN, run, first, last, openedAt, 0, 0);
      }
    }
    const message = {
      buffer: batch.buffer,
      notes: packNotes(this.#notes),
      noteCount: this.#notes.length,
      fleet: structuredClone(this.fleet),
      number: ++this.#number,
      isPartial,
      worker: this.#worker,
      sentAtMs: systemClock.monotonicMs(),
    };
    this.#batch = new Batch();
    this.#notes = [];
    if (!isPartial) this.#changed.clear();
    return message;
  }

  #heard(run: ModelRun): number {
    const now = ++this.nowUs;
    run.row[ROW.LAST_ARRIVAL] = now;
    this.#changed.add(run);
    this.fleet.datagrams++;
    const batch = this.#batch;
    if (batch.firstArrivalUs === 0) batch.firstArrivalUs = now;
    batch.lastArrivalUs = now;
    return now;
  }

  /** 0 = the number is not here */
  #timeOf(run: ModelRun, sequence: number): number {
    if (!run.received.has(sequence)) return 0;
    return run.readings.find((one) => one.sequence === sequence)!.timeUs;
  }

  #fill(run: ModelRun, sequence: number, now: number, timeUs: number): void {
    run.filled.set(sequence, run.lost.get(sequence)!);
    run.lost.delete(sequence);
    run.row[ROW.LATE]!++;
    this.#op(OP_CODE.FILL_LOST, run, sequence, sequence, 0, now, 0, 0, [timeUs, timeUs]);
  }

  #store(run: ModelRun, sequence: number, timeUs: number, readings: ModelReading[]): void {
    run.readings.push({ sequence, timeUs, readings });
    run.row[ROW.READINGS]! += readings.length;
    const batch = this.#batch;
    const at = batch.datagramCount++;
    batch.datagramRun[at] = run.run;
    batch.datagramSequence[at] = sequence;
    batch.datagramTime[at] = timeUs;
    batch.datagramReadings[at] = readings.length;
    for (const reading of readings) {
      const place = batch.readingCount++;
      batch.readingChannel[place] = reading.channel;
      batch.readingType[place] = reading.type ?? VALUE_TYPE.FLOAT64;
      batch.readingTime[place] = reading.timeUs;
      batch.readingValue[place] = reading.value;
    }
  }

  #count(run: ModelRun): void {
    run.row[ROW.MISSING] = run.open.size;
    run.row.fill(0, ROW.LOST, ROW.DUPLICATES);
    for (const { cause } of run.lost.values()) run.row[ROW.LOST + cause]!++;
    run.row[ROW.FLAGS] =
      (run.row[ROW.FLAGS]! & ROW_FLAG.CURRENT) | (run.row[ROW.FIRST] === 0 ? ROW_FLAG.HEAD_KNOWN : 0);
  }

  #op(
    code: number,
    run: ModelRun,
    first: number,
    last: number,
    openedAt: number,
    at: number,
    cause: number,
    requests = 0,
    [timeBefore, timeAfter] = [this.#timeOf(run, first - 1), this.#timeOf(run, last + 1)],
  ): void {
    const base = this.#batch.opCount++ * OP_FIELDS;
    const { ops } = this.#batch;
    ops[base + OP.CODE] = code;
    ops[base + OP.RUN] = run.run;
    ops[base + OP.FIRST] = first;
    ops[base + OP.LAST] = last;
    ops[base + OP.OPENED_AT] = openedAt;
    ops[base + OP.AT] = at;
    ops[base + OP.CAUSE] = cause;
    ops[base + OP.TIME_BEFORE] = timeBefore;
    ops[base + OP.TIME_AFTER] = timeAfter;
    ops[base + OP.REQUESTS] = requests;
  }
}

/** Consecutive numbers with the same opening time. */
function* rangesOf(open: ReadonlyMap<number, number>): Generator<[first: number, last: number, at: number]> {
  let range: [number, number, number] | undefined;
  for (const [number, at] of [...open].sort(([a], [b]) => a - b)) {
    if (range !== undefined && range[1] === number - 1 && range[2] === at) range[1] = number;
    else {
      if (range !== undefined) yield range;
      range = [number, number, at];
    }
  }
  if (range !== undefined) yield range;
}
