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

/** Channel descriptions of all devices, linked into one list per device; a name holds for its epoch. */
export class ChannelNames {
  readonly #entries = new Entries();
  readonly #shared = new Map<string, string>();
  #next = new Int32Array(0);
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
    const known = this.#find(head, epoch, channel);
    const entry = known < 0 ? this.#add(head) : known;
    this.#epoch[entry] = epoch;
    this.#channel[entry] = channel;
    this.#flush[entry] = flush;
    const isTaken = this.#isTaken(head, description);
    this.#name[entry] = this.#share(isTaken ? `${description.name}#${channel}` : description.name);
    this.#unit[entry] = this.#share(description.unit);
    return known < 0 ? entry : head;
  }

  /**
   * A description as the database has it: its name is final, and the list has none of that epoch and channel yet.
   * @returns the list's head
   */
  restore(head: number, { epoch, channel, name, unit, flush }: Readonly<ChannelEntry>): number {
    const entry = this.#add(head);
    this.#epoch[entry] = epoch;
    this.#channel[entry] = channel;
    this.#flush[entry] = flush;
    this.#name[entry] = this.#share(name);
    this.#unit[entry] = this.#share(unit);
    return entry;
  }

  *list(head: number): Generator<ChannelEntry> {
    for (let entry = head; entry >= 0; entry = this.#next[entry]!) {
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
    for (let entry = head; entry >= 0; entry = this.#next[entry]!) {
      this.#name[entry] = "";
      this.#unit[entry] = "";
      this.#entries.giveBack(entry);
    }
  }

  #find(head: number, epoch: number, channel: number): number {
    for (let entry = head; entry >= 0; entry = this.#next[entry]!) {
      if (this.#channel[entry] === channel && this.#epoch[entry] === epoch) return entry;
    }
    return -1;
  }

  #isTaken(head: number, { epoch, channel, name }: Readonly<ChannelEntry>): boolean {
    for (let entry = head; entry >= 0; entry = this.#next[entry]!) {
      const isOther = this.#epoch[entry] === epoch && this.#channel[entry] !== channel;
      if (isOther && this.#name[entry] === name) return true;
    }
    return false;
  }

  #add(head: number): number {
    const entry = this.#entries.take();
    const length = this.#entries.used;
    this.#next = withRoom(this.#next, length);
    this.#channel = withRoom(this.#channel, length);
    this.#epoch = withRoom(this.#epoch, length);
    this.#flush = withRoom(this.#flush, length);
    this.#next[entry] = head;
    return entry;
  }

  #share(text: string): string {
    const known = this.#shared.get(text);
    if (known !== undefined) return known;
    if (this.#shared.size < MAX_SHARED) this.#shared.set(text, text);
    return text;
  }
}
