import * as texts from "../../../api/answers/answer-texts.ts";
import { openForReading, type Sqlite } from "../../../db/file/open.ts";
import { UNLIMITED } from "../../../db/query/query-budget.ts";
import { Queries, type QueryAnswers } from "../../../db/readers/queries.ts";
import { type Ask, Reader } from "../../../db/readers/reader.ts";
import type { Writer, WriterOptions } from "../../../db/writer/writer.ts";
import { VALUE_TYPE } from "../../../protocol/constants.ts";
import { ROW, ROW_FLAG } from "../../../protocol/ledger-row.ts";
import { IngestModel, type ModelReading, type ModelRun } from "../ingest-model.ts";
import { mergeOnce } from "../merge-once.ts";
import { StoreBed, viewOf } from "../store-bed.ts";
import { type DeviceTimes, deviceTimes } from "./device-times.ts";
import { Draw } from "./draw.ts";
import { ToldNumbers } from "./told-numbers.ts";

/** A datagram that was stored, as it was sent. */
export interface Sent {
  run: ModelRun;
  sequence: number;
  timeUs: number;
  /** by which it was committed */
  flush: number;
  readings: readonly Required<ModelReading>[];
}

export interface WorldDevice {
  id: string;
  number: number;
  /** by when they became known; the last one is current */
  runs: ModelRun[];
  unsequenced: ModelRun | null;
}

interface Description {
  device: string;
  epoch: number | null;
  channel: number;
  name: string;
}

/** what one batch takes without looking */
const DATAGRAMS_PER_BATCH = 400;
const NAMES = ["temp", "hum"] as const;
const ODD_NUMBERS = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0, 0, 5e-324, 1e308];

/**
 * A store that lives through whatever a seed says: datagrams of several devices and numberings in and out of order, flushes, merges that end
 * early, crashes, stops, clocks that jump and, if it is asked to forget, retention. Beside it lies all that was sent, as plain lists.
 */
export class StoredWorld implements Disposable {
  readonly draw: Draw;
  readonly devices: WorldDevice[] = [];
  readonly told = new ToldNumbers();
  readonly channels: number;
  readonly forgets: boolean;
  readonly #bed = new StoreBed();
  readonly #model = new IngestModel();
  readonly #options: Partial<WriterOptions> & { mergePolicy: { chunkReadings: number } };
  readonly #timesOf: DeviceTimes;
  readonly #mostReadings: number;
  readonly #committed: Sent[] = [];
  readonly #descriptions: Description[] = [];
  #waiting: Sent[] = [];
  #file = this.#bed.file;
  #writer: Writer;
  #db: Sqlite;
  #queries: Queries;

  constructor(seed: number, { forgets = false } = {}) {
    const draw = new Draw(seed);
    this.draw = draw;
    this.forgets = forgets;
    this.channels = 1 + draw.below(4);
    this.#mostReadings = draw.chance(0.3) ? 40 : 3;
    this.#timesOf = deviceTimes(draw);
    this.#options = {
      ...(forgets ? drawRetention(draw) : {}),
      checkpointLagMs: draw.pick([0, 4000]),
      mergePolicy: drawMergePolicy(draw),
    };
    this.#writer = this.#open();
    [this.#db, this.#queries] = this.#read();
    const devices = draw.chance(0.15) ? 10 + draw.below(40) : 1 + draw.below(3);
    for (let index = 0; index < devices; index++) this.#add(`pump-${index}`);
  }

  get nowUs(): number {
    return this.#bed.clock.wallUs();
  }

  /** nothing is on its way */
  get isFlushed(): boolean {
    return this.#waiting.length === 0;
  }

  /** Asks the database that lies there now. */
  get reader(): Reader {
    const ask: Ask = async (query) =>
      this.#queries.answer(query, UNLIMITED) as QueryAnswers[typeof query.kind];
    return new Reader(viewOf(this.#writer), ask);
  }

  /** All that was committed and must be found. Retention removes whole segments, oldest first: the table says which are left. */
  present(): ReadonlySet<Sent> {
    if (!this.forgets) return new Set(this.#committed);
    const left = this.#db.prepare("SELECT min(first_segment) FROM segments").pluck().get() as number | null;
    return new Set(this.#committed.filter(({ flush }) => flush >= (left ?? Number.POSITIVE_INFINITY)));
  }

  /** All of a device that was ever committed, in the order of a query. */
  sentBy(device: WorldDevice): readonly Sent[] {
    const sent = this.#committed.filter(({ run }) => run.device === device.number);
    return sent.sort((a, b) => a.run.run - b.run.run || a.sequence - b.sequence);
  }

  nameOf(device: WorldDevice, { epoch }: ModelRun, channel: number): string {
    const described = this.#descriptions.find(
      (one) => one.device === device.id && one.epoch === epoch && one.channel === channel,
    );
    return described?.name ?? `ch${channel}`;
  }

  isDescribed(device: WorldDevice, name: string): boolean {
    return this.#descriptions.some((one) => one.device === device.id && one.name === name);
  }

  /** Names readings of this world can have, and some that none has. */
  get names(): readonly string[] {
    return [...Array.from({ length: this.channels + 1 }, (_, channel) => `ch${channel}`), ...NAMES];
  }

  /** Times near the device's readings, or none. */
  span(device: WorldDevice): [fromUs: number | null, toUs: number | null] {
    const times = this.sentBy(device).flatMap(({ timeUs, readings }) => [
      timeUs,
      ...readings.map((reading) => reading.timeUs),
    ]);
    if (times.length === 0 || this.draw.chance(0.25)) return [null, null];
    const near = () => this.draw.pick(times) + (this.draw.chance(0.7) ? 0 : this.draw.below(3) - 1);
    const [fromUs, toUs] = [near(), near()].sort((a, b) => a - b) as [number, number];
    const open = this.draw.next();
    return [open < 0.2 ? null : fromUs, open > 0.8 ? null : toUs];
  }

  steps(count: number): void {
    for (let step = 0; step < count; step++) this.#step();
  }

  flush(): void {
    this.#accept();
    do {
      const { outcome } = this.#writer.flush();
      if (outcome === "failed") throw new Error("a flush failed");
    } while (this.#writer.pendingBatches > 0);
    for (const sent of this.#waiting) this.#committed.push({ ...sent, flush: this.#writer.flushNumber });
    this.#waiting = [];
  }

  /** What `lacuna check` would look at. */
  copy(): string {
    return this.#bed.copy(this.#file);
  }

  [Symbol.dispose](): void {
    this.#db.close();
    this.#writer.close();
    this.#bed[Symbol.dispose]();
  }

  #step(): void {
    const { draw } = this;
    const what = draw.next();
    if (what < 0.5) this.#receiveSome();
    else if (what < 0.72) this.flush();
    else if (what < 0.87) this.#merge();
    else if (what < 0.89) this.#merge(draw.pick(["pages", "adopt"]));
    else if (what < 0.94) this.#declareLost(draw.pick(this.devices));
    else if (what < 0.955) this.#number(draw.pick(this.devices));
    else if (what < 0.965) this.#reopen(this.#bed.copy.bind(this.#bed));
    else if (what < 0.98) this.#reopen((file) => file);
    else if (this.forgets) this.#age(draw.below(4));
    else this.#writer.flush();
  }

  #receiveSome(): void {
    const count = 1 + this.draw.below(this.draw.chance(0.1) ? 60 : 4);
    for (let index = 0; index < count; index++) this.#receive(this.draw.pick(this.devices));
  }

  #receive(device: WorldDevice): void {
    const { draw } = this;
    this.#advance(draw.below(1_000_000));
    const { timeUs, readingTimeUs } = this.#timesOf(this.#model.nowUs);
    const count = draw.chance(0.1) ? 0 : 1 + draw.below(draw.chance(0.2) ? this.#mostReadings : 3);
    const readings = Array.from({ length: count }, () => this.#reading(readingTimeUs()));
    if (device.unsequenced !== null && draw.chance(0.3)) {
      this.#model.receiveUnsequenced(device.unsequenced, readings, timeUs);
      this.#sent(device.unsequenced, readings);
      return;
    }
    const run = draw.chance(0.85) ? device.runs.at(-1)! : draw.pick(device.runs);
    if (run.open.size > 0 && draw.chance(0.05)) {
      this.#model.recover(run, draw.pick([...run.open.keys()]), 1 + draw.below(3), timeUs);
      this.#sent(run, []);
    } else {
      this.#model.receive(run, this.#sequence(run), readings, timeUs);
      this.#sent(run, readings);
    }
  }

  /** The next number, one further on, or one that is absent. */
  #sequence(run: ModelRun): number {
    const { draw } = this;
    const highWater = run.row[ROW.HIGH_WATER]!;
    if (highWater < 0) return draw.pick([0, 0, 5, 2 ** 40]);
    const which = draw.next();
    if (which < 0.1 && run.open.size > 0) return draw.pick([...run.open.keys()]);
    if (which < 0.2 && run.lost.size > 0) return draw.pick([...run.lost.keys()]);
    return highWater + 1 + (draw.chance(0.75) ? 0 : draw.below(draw.chance(0.1) ? 60 : 5));
  }

  #reading(timeUs: number): Required<ModelReading> {
    const { draw } = this;
    const type = draw.pick([
      VALUE_TYPE.FLOAT64,
      VALUE_TYPE.FLOAT64,
      VALUE_TYPE.FLOAT32,
      VALUE_TYPE.INT32,
      VALUE_TYPE.INT64,
      VALUE_TYPE.BOOL,
    ]);
    return { channel: draw.below(this.channels), value: drawValue(draw, type), timeUs, type };
  }

  #sent(run: ModelRun, readings: readonly Required<ModelReading>[]): void {
    const { sequence, timeUs } = run.readings.at(-1)!;
    this.#waiting.push({ run, sequence, timeUs, flush: 0, readings });
    if (this.#waiting.length % DATAGRAMS_PER_BATCH === 0) this.#accept(true);
  }

  #accept(isPartial = false): void {
    const message = this.#model.seal(isPartial);
    this.told.read(message.buffer);
    this.#writer.accept(message);
  }

  #merge(endsBefore?: "pages" | "adopt"): void {
    mergeOnce(this.#writer, this.#file, this.#options.mergePolicy.chunkReadings, endsBefore);
  }

  #declareLost(device: WorldDevice): void {
    for (const run of device.runs) if (run.open.size > 0) this.#model.close(run, this.draw.below(5));
  }

  #age(minutes: number): void {
    this.#bed.clock.advanceMs(minutes * 60_000);
    this.#advance(0);
    this.flush();
    this.#writer.flush();
  }

  /** The model's clock and the store's go together. */
  #advance(byUs: number): void {
    const { clock } = this.#bed;
    this.#model.nowUs = Math.max(this.#model.nowUs + byUs, clock.wallUs());
    clock.advanceMs(Math.ceil((this.#model.nowUs - clock.wallUs()) / 1000));
  }

  /** @param fileAfter - where the database lies that is opened next: the same after a stop, a copy of its files after a crash */
  #reopen(fileAfter: (file: string) => string): void {
    this.flush();
    const file = fileAfter(this.#file);
    this.#db.close();
    this.#writer.close();
    this.#file = file;
    this.#writer = this.#open();
    [this.#db, this.#queries] = this.#read();
  }

  #open(): Writer {
    return this.#bed.writer({ file: this.#file, ...this.#options });
  }

  #read(): [Sqlite, Queries] {
    const db = openForReading(this.#file);
    return [db, new Queries(db, texts, () => 0)];
  }

  #add(id: string): void {
    const number = this.#model.device(id);
    const device: WorldDevice = { id, number, runs: [], unsequenced: null };
    this.devices.push(device);
    this.#number(device);
    if (this.draw.chance(0.4)) {
      device.unsequenced = this.#model.run(number, null, 0, ROW_FLAG.UNSEQUENCED);
    }
  }

  /** The device begins a numbering: an epoch, or another run of the last one. */
  #number(device: WorldDevice): void {
    const { draw } = this;
    const before = device.runs.at(-1);
    if (before !== undefined) before.row[ROW.FLAGS]! -= before.row[ROW.FLAGS]! & ROW_FLAG.CURRENT;
    const epoch = this.#epochAfter(before);
    const index = device.runs.filter((run) => run.epoch === epoch).length;
    device.runs.push(this.#model.run(device.number, epoch, index, ROW_FLAG.CURRENT));
    if (index === 0 && draw.chance(0.5)) this.#describe(device, epoch);
  }

  #epochAfter(before: ModelRun | undefined): number | null {
    const { draw } = this;
    if (before === undefined) return draw.chance(0.2) ? null : 1 + draw.below(5);
    if (draw.chance(0.4)) return before.epoch;
    return before.epoch === null ? 7 : before.epoch + 1 + draw.below(3);
  }

  #describe(device: WorldDevice, epoch: number | null): void {
    const channel = this.draw.below(this.channels);
    const name = this.draw.pick(NAMES);
    this.#model.describe(device.number, epoch, channel, name, "Cel");
    this.#descriptions.push({ device: device.id, epoch, channel, name });
  }
}

const drawRetention = (draw: Draw): Partial<WriterOptions> => {
  const bySize = draw.chance(0.5);
  return {
    retentionMs: bySize && draw.chance(0.5) ? null : 300_000,
    maxBytes: bySize ? 250_000 + draw.below(300_000) : null,
  };
};

/** Small ones, so that a few flushes fill levels. */
const drawMergePolicy = (draw: Draw) => ({
  chunkReadings: draw.pick([2, 4, 10, 64, 150]),
  flushesAtOnce: 2 + draw.below(4),
  flushMemoryAtOnce: draw.chance(0.5) ? 8e6 : 3000 + draw.below(20_000),
  shortFlushMemoryAtOnce: draw.chance(0.5) ? 24e6 : 3000 + draw.below(60_000),
  keptUs: 1e6,
  keptBytes: draw.chance(0.7) ? 0 : 500,
  segmentsAtOnce: 2 + draw.below(3),
  maxBytes: draw.chance(0.5) ? 64e6 : 2000 + draw.below(20_000),
  maxSpanUs: draw.chance(0.5) ? 1e15 : 5e6 + draw.below(2e8),
});

const drawValue = (draw: Draw, type: number): number => {
  switch (type) {
    case VALUE_TYPE.BOOL:
      return draw.below(2);
    case VALUE_TYPE.INT32:
      return draw.below(1000) - 500;
    case VALUE_TYPE.INT64:
      return draw.chance(0.3) ? draw.pick([2 ** 53, -(2 ** 53), 2 ** 53 - 1, 0]) : draw.below(1e6);
    default: {
      const value = draw.chance(0.08)
        ? draw.pick(ODD_NUMBERS)
        : draw.chance(0.5)
          ? draw.below(1000) / 10
          : draw.next() * 100;
      return type === VALUE_TYPE.FLOAT32 ? Math.fround(value) : value;
    }
  }
};
