import * as constants from "../../protocol/constants.ts";
import { undescribedName } from "../../protocol/text.ts";
import * as lowChannelsModule from "./low-channels.ts";

// as locals these become part of the code (docs/decisions/0012-local-constants.md)
const { FIRST_NAMED_CHANNEL, MAX_CHANNELS_PER_DEVICE } = constants;
const { LOW_CHANNELS } = lowChannelsModule;

/** One channel as it is known in one epoch. */
export interface ChannelEntry {
  readonly channel: number;
  /** the name the sender gave, null while it gave none; `name` differs when another channel had taken it */
  wanted: string | null;
  name: string;
  unit: string;
}

/** above it a table looks up by map instead of by walking */
const WALKED_ENTRIES = 16;
const MAX_CHANNEL = 0xffff;

const isNamed = (entry: ChannelEntry, wanted: string): boolean =>
  entry.wanted === wanted && entry.channel >= FIRST_NAMED_CHANNEL;

/** The channels of one device in one epoch: their names, which do not repeat, and how many there are. */
export class ChannelTable {
  /** -1 when the sender declares no epoch */
  readonly epoch: number;
  /** the table of the epoch heard before this one */
  older: ChannelTable | null;
  /** bit n: channel n is known and has no entry */
  #lowChannels: number;
  #lowCount: number;
  readonly #entries: ChannelEntry[] = [];
  #byChannel: Map<number, ChannelEntry> | null = null;
  #byName: Map<string, ChannelEntry> | null = null;
  #nextNamed: number;
  /** channels the sender names that had to take a suffix, by the name it gave: of several the first */
  #suffixed: Map<string, ChannelEntry> | null = null;

  /** @param lowChannels - bit n: channel n, below LOW_CHANNELS, is known already */
  constructor(epoch: number, older: ChannelTable | null, lowChannels: number) {
    this.epoch = epoch;
    this.older = older;
    this.#lowChannels = lowChannels;
    this.#lowCount = countBits(lowChannels);
    this.#nextNamed = older === null ? FIRST_NAMED_CHANNEL : older.#nextNamed;
  }

  /**
   * It is the device's latest from now on. Its next new name has a number that no epoch has used: names of an epoch may be forgotten here, and in the
   * database a number that stood for one of them would become that of another.
   */
  putBefore(latest: ChannelTable): void {
    this.older = latest;
    this.#nextNamed = latest.#nextNamed;
  }

  /** How many entries it holds in memory. */
  get entryCount(): number {
    return this.#entries.length;
  }

  get channelCount(): number {
    return this.#entries.length + this.#lowCount;
  }

  get isFull(): boolean {
    return this.channelCount >= MAX_CHANNELS_PER_DEVICE;
  }

  has(channel: number): boolean {
    return this.#isLow(channel) || this.find(channel) !== undefined;
  }

  find(channel: number): ChannelEntry | undefined {
    if (this.#byChannel !== null) return this.#byChannel.get(channel);
    for (const entry of this.#entries) if (entry.channel === channel) return entry;
    return undefined;
  }

  /** The channel of a sender that names its channels, by the name it gave. */
  findNamed(wanted: string): ChannelEntry | undefined {
    const entry = this.#findByName(wanted);
    if (entry !== undefined && isNamed(entry, wanted)) return entry;
    // a channel that had to take a suffix is not found by the name its sender uses
    return this.#suffixed?.get(wanted);
  }

  /** The number a channel the sender names had in an older epoch, or -1. */
  olderNumberOf(wanted: string): number {
    for (let table = this.older; table !== null; table = table.older) {
      const entry = table.findNamed(wanted);
      if (entry !== undefined && !this.has(entry.channel)) return entry.channel;
    }
    return -1;
  }

  /** A number for a channel the sender names, the next free one. */
  nextNumber(): number {
    while (this.#nextNamed > MAX_CHANNEL || this.has(this.#nextNamed)) {
      this.#nextNamed = this.#nextNamed >= MAX_CHANNEL ? FIRST_NAMED_CHANNEL : this.#nextNamed + 1;
    }
    return this.#nextNamed++;
  }

  /**
   * A channel that is not known yet and has no description: `ch7`.
   * @returns the name it goes by
   */
  addUndescribed(channel: number): string {
    const name = this.#freeName(undescribedName(channel), channel);
    if (channel < LOW_CHANNELS && name === undescribedName(channel)) {
      this.#lowChannels |= 1 << channel;
      this.#lowCount++;
    } else {
      this.#add({ channel, wanted: null, name, unit: "" });
    }
    return name;
  }

  /**
   * Give a channel, known or not, a name and a unit.
   * @returns the entry when anything changed, else null
   */
  describe(channel: number, wanted: string, unit: string): ChannelEntry | null {
    const known = this.find(channel);
    if (known !== undefined && known.unit === unit && this.#isCalled(known, wanted)) return null;
    if (known === undefined) {
      this.#forgetLow(channel);
      const entry = { channel, wanted, name: this.#freeName(wanted, channel), unit };
      this.#add(entry);
      return entry;
    }
    if (!this.#isCalled(known, wanted)) this.#rename(known, wanted);
    known.unit = unit;
    return known;
  }

  /** Take a channel over as the database has it: its name is final. */
  restore(channel: number, name: string, unit: string): void {
    if (name === undescribedName(channel) && unit === "") {
      this.addUndescribed(channel);
      return;
    }
    this.#add({ channel, wanted: wantedName(name, channel), name, unit });
    this.passOver(channel);
  }

  /** The number stands for a name already, which need not be known. */
  passOver(channel: number): void {
    if (channel >= this.#nextNamed) this.#nextNamed = channel + 1;
  }

  /** Add what a channel was called in an epoch that is forgotten; where there is no room for another one the one known longest goes. */
  addFormer(channel: number, name: string): void {
    this.passOver(channel);
    const wanted = wantedName(name, channel);
    if (this.findNamed(wanted) !== undefined) return;
    if (this.isFull) this.forgetFirst();
    this.#add({ channel, wanted, name: wanted, unit: "" });
  }

  /** Channels by the names their sender gave them, where it names them. */
  *named(): Generator<{ channel: number; wanted: string }> {
    for (const { channel, wanted } of this.#entries)
      if (wanted !== null && channel >= FIRST_NAMED_CHANNEL) yield { channel, wanted };
  }

  /** Forget the one known longest. */
  forgetFirst(): void {
    const entry = this.#entries.shift();
    if (entry === undefined) return;
    this.#byChannel?.delete(entry.channel);
    this.#byName?.delete(entry.name);
    this.#forgetSuffixed(entry);
  }

  /** Under a suffix only as long as another channel has the name. */
  #isCalled({ wanted: given, name }: ChannelEntry, wanted: string): boolean {
    return given === wanted && (name === wanted || this.#isTaken(wanted));
  }

  #rename(entry: ChannelEntry, wanted: string): void {
    this.#byName?.delete(entry.name);
    this.#forgetSuffixed(entry);
    entry.name = "";
    entry.wanted = wanted;
    entry.name = this.#freeName(wanted, entry.channel);
    this.#byName?.set(entry.name, entry);
    this.#noteSuffixed(entry);
  }

  #noteSuffixed(entry: ChannelEntry): void {
    const { wanted, name, channel } = entry;
    if (wanted === null || wanted === name || channel < FIRST_NAMED_CHANNEL) return;
    this.#suffixed ??= new Map();
    if (!this.#suffixed.has(wanted)) this.#suffixed.set(wanted, entry);
  }

  #forgetSuffixed(entry: ChannelEntry): void {
    const { wanted } = entry;
    if (wanted === null || this.#suffixed?.get(wanted) !== entry) return;
    this.#suffixed.delete(wanted);
    for (const other of this.#entries)
      if (other !== entry && other.wanted === wanted) this.#noteSuffixed(other);
  }

  #freeName(wanted: string, channel: number): string {
    let name = wanted;
    while (this.#isTaken(name)) name += `#${channel}`;
    return name;
  }

  /** The channel that is to have the name has none yet. */
  #isTaken(name: string): boolean {
    if (this.#findByName(name) !== undefined) return true;
    const low = /^ch(0|[1-9]\d?)$/.exec(name);
    return low !== null && this.#isLow(Number(low[1]));
  }

  #findByName(name: string): ChannelEntry | undefined {
    if (this.#byName !== null) return this.#byName.get(name);
    for (const entry of this.#entries) if (entry.name === name) return entry;
    return undefined;
  }

  #isLow(channel: number): boolean {
    return channel < LOW_CHANNELS && (this.#lowChannels & (1 << channel)) !== 0;
  }

  #forgetLow(channel: number): void {
    if (!this.#isLow(channel)) return;
    this.#lowChannels &= ~(1 << channel);
    this.#lowCount--;
  }

  #add(entry: ChannelEntry): void {
    this.#noteSuffixed(entry);
    this.#entries.push(entry);
    if (this.#byChannel === null || this.#byName === null) {
      if (this.#entries.length <= WALKED_ENTRIES) return;
      this.#byChannel = new Map(this.#entries.map((known) => [known.channel, known]));
      this.#byName = new Map(this.#entries.map((known) => [known.name, known]));
      return;
    }
    this.#byChannel.set(entry.channel, entry);
    this.#byName.set(entry.name, entry);
  }
}

/** What its sender called a channel that goes by `name`. */
const wantedName = (name: string, channel: number): string => {
  const suffix = `#${channel}`;
  return name.endsWith(suffix) ? name.slice(0, -suffix.length) : name;
};

const countBits = (bits: number): number => {
  let count = 0;
  for (let rest = bits; rest !== 0; rest &= rest - 1) count++;
  return count;
};
