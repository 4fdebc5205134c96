import { openEndsOfFlags, type RunStorage } from "../../protocol/ledger-counts.ts";
import { isUnsequenced, ROW } from "../../protocol/ledger-row.ts";
import { undescribedName } from "../../protocol/text.ts";
import { undescribedNumber } from "./channel-names.ts";
import type { Description, PlacedDescription } from "./descriptions.ts";
import { EpochNames } from "./epoch-names.ts";
import type { LatestEntry } from "./latest-values.ts";
import type { LedgerState } from "./ledger-state.ts";
import { isNewer } from "./newer-values.ts";
import { emptyRuns, type PackedRuns } from "./packed-runs.ts";
import { NO_PLACES, type PlaceSet } from "./place-set.ts";
import { type ReadingValue, readingValue } from "./reading-value.ts";
import { hasItsFirst } from "./run-extents.ts";
import { epochOf, RUN } from "./run-rows.ts";
import type { RunsTotal } from "./run-totals.ts";

export interface RunView extends RunStorage {
  /** number of the run in the database */
  readonly run: number;
  readonly epoch: number | null;
  /** number of the run inside its epoch */
  readonly index: number;
  /** ROW_FIELDS values */
  readonly row: Float64Array;
  /** no later flush changed it; it may be some flushes later than the last one that did */
  readonly changed: number;
}

export interface LatestValue {
  name: string;
  unit: string;
  value: ReadingValue;
  /** microseconds */
  timeUs: number;
}

export interface Channel {
  name: string;
  unit: string;
}

/** In less than this a device may have sent no more than a first burst. */
const BURST_US = 1_000_000;

/**
 * Numbers a second a device has used lately; null = not known.
 * @param intervalUs - the learned interval of the run it is heard on, 0 = none: after a start nothing else is known for a moment
 * @param heardUs - how long that run has been heard
 */
export const rateOf = (
  state: LedgerState,
  deviceSlot: number,
  intervalUs: number,
  heardUs: number,
): number | null =>
  state.rates.of(deviceSlot) ?? (intervalUs > 0 && heardUs >= BURST_US ? 1e6 / intervalUs : null);

const undescribed = (channel: number): Channel => ({ name: undescribedName(channel), unit: "" });

/** One device; read it at once, it is not kept up to date. */
export class DeviceView {
  readonly #state: LedgerState;
  readonly #slot: number;
  /** what `hasChannel` looks in: it is asked for name after name */
  #described: readonly PlacedDescription[] | undefined;
  #newest: readonly LatestValue[] | undefined;

  constructor(state: LedgerState, slot: number) {
    this.#state = state;
    this.#slot = slot;
  }

  /** number of the device in the database */
  get number(): number {
    return this.#state.devices.number[this.#slot]!;
  }

  get id(): string {
    return this.#state.devices.ids[this.#slot]!;
  }

  /** `address:port`, IPv6 in brackets, it was last heard from */
  get source(): string {
    return this.#state.devices.sources[this.#slot]!;
  }

  /** In the order they became known. */
  get runs(): RunView[] {
    return this.#runSlots().map((slot) => this.#run(slot));
  }

  /** The same by their numbers alone. */
  get runNumbers(): number[] {
    return this.#runSlots().map((slot) => this.#state.runField(slot, ROW.RUN));
  }

  /** The same as a query needs them. */
  get packedRuns(): PackedRuns {
    const { runs } = this.#state;
    const slots = this.#runSlots();
    const packed = emptyRuns(slots.length);
    const indexOf = new Map<PlaceSet, number>();
    for (let at = 0; at < slots.length; at++) {
      const slot = slots[at]!;
      const epoch = runs.get(slot, RUN.EPOCH);
      const flags = runs.get(slot, ROW.FLAGS);
      const isFirstHere = hasItsFirst(flags, runs.get(slot, RUN.EXPIRED));
      const places = this.placesIn(epoch);
      let described = indexOf.get(places);
      if (described === undefined) {
        described = packed.places.push(places) - 1;
        indexOf.set(places, described);
      }
      packed.run[at] = runs.get(slot, ROW.RUN);
      packed.epoch[at] = epoch < 0 ? Number.NaN : epoch;
      packed.index[at] = runs.get(slot, RUN.INDEX);
      packed.isUnsequenced[at] = Number(isUnsequenced(flags));
      packed.firstArrivalUs[at] = isFirstHere ? runs.get(slot, ROW.FIRST_ARRIVAL) : Number.NaN;
      packed.lastArrivalUs[at] = Math.max(
        runs.get(slot, ROW.LAST_ARRIVAL),
        runs.get(slot, ROW.HIGH_WATER_AT),
      );
      packed.lastFlush[at] = runs.get(slot, RUN.CHANGED);
      packed.described[at] = described;
    }
    return packed;
  }

  /** Its runs, the newest first, each looked for and copied when it is asked for. */
  *newestRuns(): Generator<RunView> {
    const { devices } = this.#state;
    for (let slot = devices.lastRun[this.#slot]!; slot >= 0; slot = this.#state.runField(slot, RUN.PREVIOUS))
      yield this.#run(slot);
  }

  /** R11 for a span: open ends that lie in it, the head at a run's first arrival, the tail at its last. */
  openEndsWithin(isWithin: (timeUs: number) => boolean): number {
    const { runs } = this.#state;
    let ends = 0;
    for (const slot of this.#runSlots()) {
      const { head, tail } = openEndsOfFlags(runs.get(slot, ROW.FLAGS));
      if (head && isWithin(runs.get(slot, ROW.FIRST_ARRIVAL))) ends++;
      if (tail && isWithin(runs.get(slot, ROW.LAST_ARRIVAL))) ends++;
    }
    return ends;
  }

  /** What its runs come to; costs no pass over them where they are many. */
  get total(): RunsTotal {
    return this.#state.totalsOf(this.#slot).total;
  }

  /** The run it is heard on: the current one, else the one heard last. Only that one is copied. */
  get heard(): RunView | undefined {
    const heard = this.#state.heardOn(this.#slot);
    return heard < 0 ? undefined : this.#run(heard);
  }

  /** @see rateOf */
  get rateHz(): number | null {
    const { runs } = this.#state;
    const slot = this.#state.heardOn(this.#slot);
    if (slot < 0) return null;
    const heardUs = runs.get(slot, ROW.LAST_ARRIVAL) - runs.get(slot, ROW.FIRST_ARRIVAL);
    return rateOf(this.#state, this.#slot, runs.get(slot, ROW.INTERVAL), heardUs);
  }

  /** Names of the current epoch, by channel number. While none is known, as after a heartbeat alone, those of the newest values. */
  get channels(): Channel[] {
    const epoch = this.#currentEpoch();
    const channels = new Map<number, Channel>();
    for (const { channel, run } of this.#latestEntries()) {
      if (this.#epochOfRun(run) === epoch) channels.set(channel, undescribed(channel));
    }
    for (const { channel, name, unit } of this.namesIn(epoch)) channels.set(channel, { name, unit });
    if (channels.size === 0) {
      const { values, entries } = this.#newestOfNames();
      for (const [place, { name, unit }] of values.entries())
        channels.set(entries[place]!.channel, { name, unit });
    }
    return [...channels].sort(([a], [b]) => a - b).map(([, channel]) => channel);
  }

  /** Every name a channel was given in some epoch, and of nameless ones those with a newest value: the current epoch's first. */
  get channelNames(): string[] {
    return [...new Set([...this.channels, ...this.descriptions, ...this.latest].map(({ name }) => name))];
  }

  /** Channels with values that an epoch with these descriptions, by their places, does not describe: there they may have been nameless, or not at all. */
  lackingIn(described: readonly PlaceSet[]): number[][] {
    const names = new EpochNames(this.descriptions);
    const known = new Set(this.channelNames);
    const channels = Array.from(this.#latestEntries(), ({ channel }) => channel);
    const nameless = channels.filter((channel) => !known.has(undescribedName(channel)));
    return described.map((places) => nameless.filter((channel) => names.find(places, channel) === undefined));
  }

  /** Whether each channel with readings has a newest value; there may be more where there is no room for another one, or was none. */
  get hasAllNewest(): boolean {
    return this.#state.latest.hasAll(this.#state.devices.latest[this.#slot]!);
  }

  /** Whether a channel has this name in some epoch, or may have it. A name such as ch7 is that of channel 7 wherever nothing else is said of it. */
  hasChannel(name: string): boolean {
    const number = undescribedNumber(name);
    if (number !== null && !this.hasAllNewest) return true;
    this.#described ??= this.descriptions;
    if (this.#described.some((each) => each.name === name || each.channel === number)) return true;
    this.#newest ??= this.latest;
    return this.#newest.some((latest) => latest.name === name);
  }

  /** How many newest values there are at most: those of all epochs, before a name that moved is given to one of them. */
  get latestCount(): number {
    return this.#state.latest.countOf(this.#state.devices.latest[this.#slot]!);
  }

  /** Newest value of each channel. When a name moved to another channel the newer value has it. */
  get latest(): LatestValue[] {
    return this.#newestOfNames().values;
  }

  /** The newest values, and what each is made of. */
  #newestOfNames(): { values: LatestValue[]; entries: LatestEntry[] } {
    const values: LatestValue[] = [];
    const entries: LatestEntry[] = [];
    // only to be looked up in: a device without descriptions, or with one channel, needs none
    let placeOf: Map<string, number> | undefined;
    const { descriptions } = this;
    const names = descriptions.length > 0 ? new EpochNames(descriptions) : undefined;
    let run = -1;
    let places: PlaceSet = NO_PLACES;
    for (const entry of this.#latestEntries()) {
      if (names !== undefined && entry.run !== run) {
        run = entry.run;
        places = this.placesIn(this.#epochOfRun(run));
      }
      const { name, unit } = names?.find(places, entry.channel) ?? undescribed(entry.channel);
      if (values.length > 0) placeOf ??= new Map(values.map((value, place) => [value.name, place]));
      const place = placeOf?.get(name) ?? values.length;
      if (place < values.length && !isNewer(this.#state.runs, entry, entries[place]!)) continue;
      values[place] = { name, unit, value: readingValue(entry.type, entry.value), timeUs: entry.time };
      entries[place] = entry;
      placeOf?.set(name, place);
    }
    return { values, entries };
  }

  /** The different descriptions of all epochs; `placesIn` says which of them hold in one. */
  get descriptions(): PlacedDescription[] {
    return this.#state.channels.descriptions(this.#state.devices.channels[this.#slot]!);
  }

  /** Places of the descriptions that hold in an epoch, -1 = null. */
  placesIn(epoch: number): PlaceSet {
    return this.#state.channels.placesIn(this.#state.devices.channels[this.#slot]!, epoch);
  }

  /** Descriptions that hold in an epoch, -1 = null. */
  namesIn(epoch: number): Description[] {
    return this.#state.channels.namesIn(this.#state.devices.channels[this.#slot]!, epoch);
  }

  #latestEntries(): Generator<LatestEntry> {
    return this.#state.latest.list(this.#state.devices.latest[this.#slot]!);
  }

  #runSlots(): number[] {
    return [...this.#state.runSlots(this.#slot)];
  }

  #run(slot: number): RunView {
    const row = this.#state.rowOf(slot);
    return {
      run: row[ROW.RUN]!,
      epoch: epochOf(this.#state.runField(slot, RUN.EPOCH)),
      index: this.#state.runField(slot, RUN.INDEX),
      row,
      pending: this.#state.runField(slot, RUN.PENDING),
      expired: this.#state.runField(slot, RUN.EXPIRED),
      changed: this.#state.runField(slot, RUN.CHANGED),
    };
  }

  #epochOfRun(run: number): number {
    const slot = this.#state.runs.slotOf(run);
    return slot < 0 ? -1 : this.#state.runField(slot, RUN.EPOCH);
  }

  /** Of the current run, else of the last one that became known. */
  #currentEpoch(): number {
    const heard = this.#state.heardOn(this.#slot);
    const isCurrent = heard >= 0 && this.#state.isCurrent(heard);
    const slot = isCurrent ? heard : this.#state.devices.lastRun[this.#slot]!;
    return slot < 0 ? -1 : this.#state.runField(slot, RUN.EPOCH);
  }
}
