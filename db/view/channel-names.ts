import { MAX_CHANNELS_PER_DEVICE } from "../../protocol/constants.ts";
import { Entries, withRoom } from "./columns.ts";

export interface ChannelEntry {
  /** -1 = null */
  epoch: number;
  channel: number;
  name: string;
  unit: string;
  /** flush that brought it */
  flush: number;
}

/** Name of a channel that was never described. */
export const undescribedName = (channel: number): string => `ch${channel}`;

const UNDESCRIBED = /^ch(\d{1,5})$/;

/** The channel whose name that would be; null = of none. */
export const undescribedNumber = (name: string): number | null => {
  const number = Number(UNDESCRIBED.exec(name)?.[1] ?? Number.NaN);
  return undescribedName(number) === name ? number : null;
};

/** Strings of many devices are mostly the same few; beyond this many different ones they are no longer shared. */
const MAX_SHARED = 10_000;

/**
 * Channel descriptions of all devices; a name holds for its epoch. A device has a list of its epochs, an epoch one of its channels: a sender with many
 * epochs, forged ones maybe, must not make every description a walk over all it ever said.
 */
export class ChannelNames {
  readonly #entries = new Entries();
  readonly #shared = new Map<string, string>();
  /** of the same epoch */
  #next = new Int32Array(0);
  /** of an epoch's first entry: the first one of the epoch before it in the list */
  #older = new Int32Array(0);
  #channel = new Uint16Array(0);
  #epoch = new Float64Array(0);
  #flush = new Uint32Array(0);
  readonly #name: string[] = [];
  readonly #unit: string[] = [];

  /**
   * Describe a channel. A name that another channel of the epoch has gets the suffix `#<channel>`.
   * @param head - the device's list, -1 = empty
   * @returns the list's head
   */
  describe(head: number, description: Readonly<ChannelEntry>): number {
    const { epoch, channel, flush } = description;
    const first = this.#firstOf(head, epoch);
    const known = this.#find(first, channel);
    // ingest refuses what is beyond, but forgets epochs that others have followed
    if (known < 0 && this.#isFull(first)) return head;
    const isTaken = this.#isTaken(first, description);
    const entry = known < 0 ? this.#entries.take() : known;
    const newHead = known < 0 ? this.#link(head, entry, epoch) : head;
    this.#channel[entry] = channel;
    this.#flush[entry] = flush;
    this.#name[entry] = this.#share(isTaken ? `${description.name}#${channel}` : description.name);
    this.#unit[entry] = this.#share(description.unit);
    return newHead;
  }

  /**
   * A description as the database has it: its name is final, and the list has none of that epoch and channel yet.
   * @returns the list's head
   */
  restore(head: number, { epoch, channel, name, unit, flush }: Readonly<ChannelEntry>): number {
    const entry = this.#entries.take();
    const newHead = this.#link(head, entry, epoch);
    this.#channel[entry] = channel;
    this.#flush[entry] = flush;
    this.#name[entry] = this.#share(name);
    this.#unit[entry] = this.#share(unit);
    return newHead;
  }

  *list(head: number): Generator<ChannelEntry> {
    for (const entry of this.#all(head)) {
      yield {
        epoch: this.#epoch[entry]!,
        channel: this.#channel[entry]!,
        name: this.#name[entry]!,
        unit: this.#unit[entry]!,
        flush: this.#flush[entry]!,
      };
    }
  }

  /** The whole list goes. */
  remove(head: number): void {
    for (const entry of this.#all(head)) {
      this.#name[entry] = "";
      this.#unit[entry] = "";
      this.#entries.giveBack(entry);
    }
  }

  *#all(head: number): Generator<number> {
    for (let first = head; first >= 0; first = this.#older[first]!) {
      for (let entry = first; entry >= 0; entry = this.#next[entry]!) yield entry;
    }
  }

  #firstOf(head: number, epoch: number): number {
    let first = head;
    while (first >= 0 && this.#epoch[first] !== epoch) first = this.#older[first]!;
    return first;
  }

  #find(first: number, channel: number): number {
    for (let entry = first; entry >= 0; entry = this.#next[entry]!) {
      if (this.#channel[entry] === channel) return entry;
    }
    return -1;
  }

  #isFull(first: number): boolean {
    let count = 0;
    for (let entry = first; entry >= 0; entry = this.#next[entry]!) count++;
    return count >= MAX_CHANNELS_PER_DEVICE;
  }

  #isTaken(first: number, { channel, name }: Readonly<ChannelEntry>): boolean {
    for (let entry = first; entry >= 0; entry = this.#next[entry]!) {
      if (this.#channel[entry] !== channel && this.#name[entry] === name) return true;
    }
    return false;
  }

  /** The entry becomes the first one of its epoch, a new epoch the first one of the list. @returns the list's head */
  #link(head: number, entry: number, epoch: number): number {
    const length = this.#entries.used;
    this.#next = withRoom(this.#next, length);
    this.#older = withRoom(this.#older, length);
    this.#channel = withRoom(this.#channel, length);
    this.#epoch = withRoom(this.#epoch, length);
    this.#flush = withRoom(this.#flush, length);
    this.#epoch[entry] = epoch;
    const first = this.#firstOf(head, epoch);
    this.#next[entry] = first;
    this.#older[entry] = first < 0 ? head : this.#older[first]!;
    if (first < 0 || first === head) return entry;
    let newer = head;
    while (this.#older[newer] !== first) newer = this.#older[newer]!;
    this.#older[newer] = entry;
    return head;
  }

  #share(text: string): string {
    const known = this.#shared.get(text);
    if (known !== undefined) return known;
    if (this.#shared.size < MAX_SHARED) this.#shared.set(text, text);
    return text;
  }
}
