import type { DatagramHandler } from "./receiver.ts";

const BLOCK_BYTES = 2 ** 18;
/** datagrams of a block at most, which take a few milliseconds to handle */
const BLOCK_RECORDS = 3072;
/** 16 MiB, 200,000 datagrams over all sockets */
const MOST_BLOCKS = 64;
/** blocks kept for the next time */
const SPARE_BLOCKS = 4;

/** A record: the payload's length u32, the source's port u16, the arrival's index u16, the payload; the next one at a multiple of 8. */
const AT = { LENGTH: 0, PORT: 4, ARRIVAL: 6, PAYLOAD: 8 } as const;

class Block {
  readonly bytes = new Uint8Array(BLOCK_BYTES);
  readonly view = new DataView(this.bytes.buffer);
  /** of each record */
  readonly addresses: string[] = [];
  /**
   * One for all datagrams of a read. That no array of numbers is begun with keeps each of them one object, handed on as it is; out of a
   * Float64Array every datagram's would be a new one.
   */
  readonly arrivals: (number | null)[] = [null];
  arrivalCount = 0;
  usedBytes = 0;
  count = 0;
  /** everything that had arrived before has been read into this block or the ones before it */
  readUntilMs = Number.NEGATIVE_INFINITY;
}

/** Memory for the backlogs of all sockets of a thread. */
export class BacklogBlocks {
  readonly #most: number;
  readonly #spare: Block[] = [];
  #inUse = 0;

  /** @param most - blocks of 256 KiB; 0 = no socket is read ahead */
  constructor(most = MOST_BLOCKS) {
    this.#most = most;
  }

  get hasRoom(): boolean {
    return this.#inUse < this.#most;
  }

  /** Something waits in the backlog of some socket. */
  get areInUse(): boolean {
    return this.#inUse > 0;
  }

  take(): Block | null {
    if (!this.hasRoom) return null;
    this.#inUse++;
    return this.#spare.pop() ?? new Block();
  }

  giveBack(block: Block): void {
    this.#inUse--;
    block.arrivalCount = 0;
    block.usedBytes = 0;
    block.count = 0;
    block.readUntilMs = Number.NEGATIVE_INFINITY;
    if (this.#spare.length < SPARE_BLOCKS) this.#spare.push(block);
  }
}

const hasRoom = (block: Block, length: number): boolean =>
  block.count < BLOCK_RECORDS && block.usedBytes + AT.PAYLOAD + length <= BLOCK_BYTES;

/**
 * Datagrams of one socket that were read and wait for being handled, in the order of their arrival. The kernel charges 768 bytes of a
 * receive buffer for the smallest datagram, here it takes 72; and to read it is a third of the work. So a socket that fills up faster than its
 * datagrams can be handled, for a moment, is read ahead into this.
 */
export class Backlog {
  readonly #blocks: BacklogBlocks;
  /** oldest first; the last one is being written, the first one read */
  readonly #used: Block[] = [];
  /** of the first block: the next record, and where it begins */
  #index = 0;
  #offset = 0;
  #handledUntilMs: number;

  /** @param nowMs - nothing that arrived before is looked for */
  constructor(blocks: BacklogBlocks, nowMs: number) {
    this.#blocks = blocks;
    this.#handledUntilMs = nowMs;
  }

  get isEmpty(): boolean {
    return this.#used.length === 0;
  }

  /** Everything that had arrived at the socket before this has been handled; monotonic. */
  get handledUntilMs(): number {
    return this.#handledUntilMs;
  }

  /**
   * Everything that had arrived at the socket before has been put here, or handled.
   * @param ms - monotonic, never less than the one before
   */
  readUntil(ms: number): void {
    const last = this.#used.at(-1);
    if (last === undefined) this.#handledUntilMs = ms;
    else last.readUntilMs = ms;
  }

  /**
   * Append a datagram, which is copied.
   * @param arrivalUs - when it was read, wall clock
   * @returns false when there is no room
   */
  put(
    bytes: Uint8Array,
    offset: number,
    length: number,
    address: string,
    port: number,
    arrivalUs: number,
  ): boolean {
    let block = this.#used.at(-1);
    if (block === undefined || !hasRoom(block, length)) {
      const next = this.#blocks.take();
      if (next === null) return false;
      this.#used.push(next);
      block = next;
    }
    const { view, arrivals, usedBytes: at } = block;
    if (block.arrivalCount === 0 || arrivals[block.arrivalCount - 1] !== arrivalUs)
      arrivals[block.arrivalCount++] = arrivalUs;
    view.setUint32(at + AT.LENGTH, length);
    view.setUint16(at + AT.PORT, port);
    view.setUint16(at + AT.ARRIVAL, block.arrivalCount - 1);
    // a loop: a view for `set` costs more than copying so few bytes
    const to = at + AT.PAYLOAD;
    if (length > 256) block.bytes.set(bytes.subarray(offset, offset + length), to);
    else for (let index = 0; index < length; index++) block.bytes[to + index] = bytes[offset + index]!;
    block.addresses[block.count++] = address;
    block.usedBytes = (to + length + 7) & ~7;
    return true;
  }

  /**
   * Hand over the oldest datagrams.
   * @param most - so many at most
   * @param nowMs - when they are handled, monotonic
   * @returns how many there were
   */
  handle(entry: number, most: number, nowMs: number, handle: DatagramHandler): number {
    let handled = 0;
    while (handled < most && this.#used.length > 0) {
      const block = this.#used[0]!;
      const { bytes, view, addresses, arrivals } = block;
      for (; handled < most && this.#index < block.count; handled++) {
        const at = this.#offset;
        const address = addresses[this.#index++]!;
        const length = view.getUint32(at + AT.LENGTH);
        this.#offset = (at + AT.PAYLOAD + length + 7) & ~7;
        const arrivalUs = arrivals[view.getUint16(at + AT.ARRIVAL)]!;
        handle(
          entry,
          bytes,
          view,
          at + AT.PAYLOAD,
          length,
          address,
          view.getUint16(at + AT.PORT),
          arrivalUs,
          nowMs,
        );
      }
      if (this.#index < block.count) break;
      this.#used.shift();
      this.#index = 0;
      this.#offset = 0;
      this.#handledUntilMs = Math.max(this.#handledUntilMs, block.readUntilMs);
      this.#blocks.giveBack(block);
    }
    return handled;
  }
}
