import type { DeviceSnapshot } from "../../protocol/batch.ts";
import { undescribedName } from "../../protocol/text.ts";
import { ChannelTable } from "./channel-table.ts";
import { LOW_CHANNELS, LowChannels } from "./low-channels.ts";

/**
 * Hears of every channel that has a name given by its sender, new or changed; `epoch` is null where the sender declares none. A channel
 * without a description goes by its number, which its readings tell: a million forged devices leave no such row.
 */
export type ChannelSink = (
  device: number,
  epoch: number | null,
  channel: number,
  name: string,
  unit: string,
) => void;

/** epochs of one device whose names are remembered: as many as can be open (R6) */
const TABLES_PER_DEVICE = 8;
const DEFAULT_MAX_ENTRIES = 1_000_000;
/** what all devices know of older epochs is looked for when it is that share of the entries: it takes a walk over all devices */
const WORTH_A_WALK = 1 / 8;
const NO_EPOCH = -1;
/** of the table behind those of a device's epochs: what channels were called in epochs that are forgotten */
const FORMER = -2;

/** Names and numbers of all devices' channels (docs/protocol.md, "DESCRIBE"). */
export class ChannelRegistry {
  /** the epoch last used of each device; older ones hang on it */
  readonly #tables = new Map<number, ChannelTable>();
  /** devices that have no table */
  readonly #low = new LowChannels();
  readonly #sink: ChannelSink;
  readonly #maxEntries: number;
  #entries = 0;
  /** those of tables that are not their device's latest */
  #olderEntries = 0;

  /** @param maxEntries - described, named and high channels over all devices; beyond it older epochs are forgotten, and what comes is refused when there are none */
  constructor(sink: ChannelSink, maxEntries = DEFAULT_MAX_ENTRIES) {
    this.#sink = sink;
    this.#maxEntries = maxEntries;
  }

  /**
   * The table of a device's epoch, made when there is none.
   * @param epoch - -1 when the sender declares none
   */
  tableOf(device: number, epoch: number): ChannelTable {
    const latest = this.#tables.get(device);
    if (latest !== undefined && latest.epoch === epoch) return latest;
    return this.#moveToFront(device, epoch, latest ?? null);
  }

  /**
   * Channels the sender numbers, all at once: those of a device that has no table, and as long as it needs none.
   * @param channels - the first `count` of it
   * @returns null when they are admitted without a table; else the table, by which each is yet to be admitted
   */
  admitAll(device: number, epoch: number, channels: Uint16Array, count: number): ChannelTable | null {
    let bits = 0;
    for (let index = 0; index < count; index++) {
      const channel = channels[index]!;
      if (channel >= LOW_CHANNELS) return this.tableOf(device, epoch);
      bits |= 1 << channel;
    }
    // what is known there has no table
    if (this.#low.has(device, epoch, bits)) return null;
    if (this.#tables.has(device)) return this.tableOf(device, epoch);
    this.#low.add(device, epoch, bits);
    return null;
  }

  /**
   * The number of a channel the sender numbers.
   * @returns false when the device has as many channels as it may have
   */
  admit(device: number, table: ChannelTable, channel: number): boolean {
    if (table.has(channel)) return true;
    if (this.#isFull(table)) return false;
    this.#counting(table, () => {
      const name = table.addUndescribed(channel);
      // another channel was described as `ch7` before
      if (name !== undescribedName(channel)) this.#announce(device, table, channel, name, "");
    });
    return true;
  }

  /** The number of a channel the sender names, or -1 when the device has as many channels as it may have. */
  numberOf(device: number, table: ChannelTable, name: string): number {
    const known = table.findNamed(name);
    if (known !== undefined) return known.channel;
    if (table.isFull) return -1;
    // looked for before room is made: that forgets older ones
    const olderNumber = table.olderNumberOf(name);
    if (this.#isFull(table)) return -1;
    const channel = olderNumber >= 0 ? olderNumber : table.nextNumber();
    this.#describe(device, table, channel, name, "");
    return channel;
  }

  /**
   * Name and unit of a channel, as DESCRIBE gives them; `channel` -1 when the sender names its channels (JSON `units`).
   * @returns false when the device has as many channels as it may have
   */
  describe(device: number, table: ChannelTable, channel: number, name: string, unit: string): boolean {
    const number = channel >= 0 ? channel : this.numberOf(device, table, name);
    if (number < 0 || (!table.has(number) && this.#isFull(table))) return false;
    this.#describe(device, table, number, name, unit);
    return true;
  }

  /** Take over what the database knows of a device. */
  restore({
    device,
    channels,
    formerNames = [],
  }: Pick<DeviceSnapshot, "device" | "channels" | "formerNames">): void {
    for (const { channel, name } of formerNames) {
      const former = this.tableOf(device, FORMER);
      if (this.#entries >= this.#maxEntries) former.passOver(channel);
      else this.#counting(former, () => former.addFormer(channel, name));
    }
    for (const { epoch, channel, name, unit } of channels) {
      const isLow = channel < LOW_CHANNELS && name === undescribedName(channel) && unit === "";
      if (isLow && !this.#tables.has(device)) {
        this.#low.add(device, epoch ?? NO_EPOCH, 1 << channel);
        continue;
      }
      const table = this.tableOf(device, epoch ?? NO_EPOCH);
      if (this.#entries >= this.#maxEntries) this.#makeRoom(table);
      this.#counting(table, () => table.restore(channel, name, unit));
    }
  }

  forget(device: number): void {
    const latest = this.#tables.get(device);
    if (latest !== undefined) {
      this.#entries -= latest.entryCount;
      this.#forgetFrom(latest.older);
    }
    if (!this.#tables.delete(device)) this.#low.take(device, NO_EPOCH);
  }

  #describe(device: number, table: ChannelTable, channel: number, name: string, unit: string): void {
    this.#counting(table, () => {
      const changed = table.describe(channel, name, unit);
      if (changed !== null) this.#announce(device, table, channel, changed.name, changed.unit);
    });
  }

  #announce(device: number, table: ChannelTable, channel: number, name: string, unit: string): void {
    this.#sink(device, table.epoch === NO_EPOCH ? null : table.epoch, channel, name, unit);
  }

  #counting(table: ChannelTable, change: () => void): void {
    const before = table.entryCount;
    change();
    this.#entries += table.entryCount - before;
  }

  #isFull(table: ChannelTable): boolean {
    return table.isFull || (this.#entries >= this.#maxEntries && !this.#makeRoom(table));
  }

  /**
   * What is known of older epochs makes room: a fleet would have no channels left once it restarted often enough. First that of the same device, one entry
   * for the one that comes, then that of all devices.
   * @param latest - of its device
   * @returns false when there is too little of it
   */
  #makeRoom(latest: ChannelTable): boolean {
    let oldest: ChannelTable | null = null;
    for (let table = latest.older; table !== null; table = table.older)
      if (table.entryCount > 0) oldest = table;
    if (oldest !== null) {
      oldest.forgetFirst();
      this.#entries--;
      this.#olderEntries--;
      return true;
    }
    if (this.#olderEntries < this.#maxEntries * WORTH_A_WALK) return false;
    for (const table of this.#tables.values()) {
      this.#forgetFrom(table.older);
      table.older = null;
    }
    return this.#entries < this.#maxEntries;
  }

  /** A table that is not its device's latest goes, and all older ones. */
  #forgetFrom(first: ChannelTable | null): void {
    for (let table = first; table !== null; table = table.older) {
      this.#entries -= table.entryCount;
      this.#olderEntries -= table.entryCount;
    }
  }

  #moveToFront(device: number, epoch: number, latest: ChannelTable | null): ChannelTable {
    let newer: ChannelTable | null = null;
    let table = latest;
    while (table !== null && table.epoch !== epoch) {
      newer = table;
      table = table.older;
    }
    if (latest !== null) this.#olderEntries += latest.entryCount;
    if (table === null) table = this.#create(device, epoch, latest);
    else if (newer !== null) {
      this.#olderEntries -= table.entryCount;
      newer.older = table.older;
      table.putBefore(latest!);
    }
    this.#tables.set(device, table);
    this.#trim(table);
    return table;
  }

  #create(device: number, epoch: number, latest: ChannelTable | null): ChannelTable {
    return new ChannelTable(epoch, latest, latest === null ? this.#low.take(device, epoch) : 0);
  }

  /**
   * The least recently used epoch of a device with too many is forgotten; the database keeps its names. The numbers of those that no other epoch has are kept
   * here as well: said again in that epoch, under another number, a name would be that of two channels.
   */
  #trim(latest: ChannelTable): void {
    let last: ChannelTable | null = latest;
    for (let count = 1; last !== null && count < TABLES_PER_DEVICE; count++) last = last.older;
    const forgotten = last?.older ?? null;
    if (last === null || forgotten === null || forgotten.epoch === FORMER) return;
    this.#entries -= forgotten.entryCount;
    this.#olderEntries -= forgotten.entryCount;
    last.older = forgotten.older;
    for (const { channel, wanted } of forgotten.named()) {
      if (isNamed(latest, wanted)) continue;
      last.older ??= new ChannelTable(FORMER, null, 0);
      this.#keepFormer(last.older, channel, wanted);
    }
  }

  #keepFormer(former: ChannelTable, channel: number, wanted: string): void {
    const before = former.entryCount;
    this.#counting(former, () => former.addFormer(channel, wanted));
    this.#olderEntries += former.entryCount - before;
  }
}

/** Whether the table or an older one has a channel of that name. */
const isNamed = (latest: ChannelTable, wanted: string): boolean => {
  for (let table: ChannelTable | null = latest; table !== null; table = table.older)
    if (table.findNamed(wanted) !== undefined) return true;
  return false;
};
