import type { MessagePort } from "node:worker_threads";
import { KIND } from "../../protocol/constants.ts";
import { Datagram } from "../../protocol/datagram.ts";
import { AddressBook, AddressCopy, type NewAddresses } from "./address-book.ts";
import { BLOCK_BYTES, RecordBlock } from "./records.ts";
import { readShed, SHED_BYTES, writeShed } from "./shed-record.ts";

/** blocks of datagrams on their way to one other worker at most, 256 KiB each; beyond them datagrams are shed */
export const LANE_BLOCKS = 16;
/**
 * With fewer free blocks the other worker is behind, and only full ones are sent: one every few milliseconds with hardly anything in it
 * would use up all of them within 80 ms in which the other's thread does not run.
 */
const LEAST_FREE_BLOCKS = LANE_BLOCKS / 2;
/** datagrams to be sent between two flushes at most */
const MOST_OUTGOING = 256;
export const LANE_BYTES = LANE_BLOCKS * BLOCK_BYTES;

/** One worker's end of the way to another worker and back. */
export interface LaneEnds {
  port: MessagePort;
  /** what this worker writes, LANE_BYTES */
  out: SharedArrayBuffer;
  /** what the other one writes */
  in: SharedArrayBuffer;
}

/** Between two workers, in order. */
export type LaneMessage =
  | {
      /** the block to read, and how many datagrams are in it; -1 = none */
      block: number;
      count: number;
      /** numbers that were shed for want of a block, as records; null = none */
      shed: { records: Uint8Array; count: number } | null;
      added: NewAddresses | null;
      /** what had arrived at the sender's sockets before it has been told by now; monotonic */
      drainedAtMs: number;
      /** by listener: what may never reach this worker's devices because of the sender, as of `drainedAtMs` or later; null = not known */
      missed: (number | null)[] | null;
      /** how often one of the sender's listeners changed its state */
      breaks: number;
      /** to be sent from listeners of the other worker */
      outgoing: OutgoingDatagram[];
      /** nothing comes after it */
      isLast: boolean;
    }
  /** a block that has been read */
  | { free: number };

/** A datagram to a device, to be sent from the socket of a listener that the other worker has. */
export interface OutgoingDatagram {
  listener: number;
  bytes: Uint8Array;
  address: string;
  port: number;
}

/** Takes what another worker hands over. */
export interface LaneSink {
  datagram(
    entry: number,
    bytes: Uint8Array,
    view: DataView,
    offset: number,
    length: number,
    address: string,
    port: number,
  ): void;
  /** a datagram of a device of this worker was shed by the other one */
  shed(datagram: Datagram): void;
  /** a listener of the other worker changed its state */
  listenerBreak(): void;
  send(datagram: OutgoingDatagram): void;
}

/** The way between this worker and another one: hands over datagrams of its devices, and takes those of ours. */
export class Lane {
  readonly #port: MessagePort;
  readonly #sink: LaneSink;
  readonly #out: readonly RecordBlock[];
  readonly #in: readonly RecordBlock[];
  readonly #free: number[] = [];
  /** evidence of what was shed and not told yet */
  readonly #shedRecords = new RecordBlock(new Uint8Array(BLOCK_BYTES));
  readonly #book = new AddressBook();
  readonly #copy = new AddressCopy();
  readonly #shedBytes = new Uint8Array(SHED_BYTES);
  readonly #shedView = new DataView(this.#shedBytes.buffer);
  readonly #datagram = new Datagram();
  /** block that is filled now; -1 = none */
  #block = -1;
  #breaks = 0;
  #outgoing: OutgoingDatagram[] = [];
  /** what the next message is to tell: how far the sockets have been read, and what was missed until then */
  #toTellDrainedAtMs = Number.NEGATIVE_INFINITY;
  #toTellMissed: (number | null)[] | null = null;
  #breaksHeard = 0;
  #drainedAtMs = Number.NEGATIVE_INFINITY;
  #missed: (number | null)[] | null = null;
  #hasEnded = false;

  constructor({ port, out, in: incoming }: LaneEnds, sink: LaneSink) {
    this.#port = port;
    this.#sink = sink;
    this.#out = blocksOf(out);
    this.#in = blocksOf(incoming);
    for (let index = LANE_BLOCKS - 1; index >= 0; index--) this.#free.push(index);
    port.on("message", (message: LaneMessage) => this.#take(message));
  }

  /** Blocks that are filled now or not yet read by the other worker. */
  get blocksInUse(): number {
    return LANE_BLOCKS - this.#free.length;
  }

  /** Latest instant before which everything that arrived at the other worker's sockets has been taken here. */
  get drainedAtMs(): number {
    return this.#drainedAtMs;
  }

  /** What the other worker missed of a listener, as of `drainedAtMs` or later; null = not known. */
  missedOf(listener: number): number | null {
    return this.#missed?.[listener] ?? null;
  }

  /** The other worker hands over nothing more. */
  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /**
   * Hand a datagram over; it goes with the next `flush`, or when its block is full.
   * @returns false when there is no room: it is to be counted as shed, and its owner will know
   */
  pass(
    datagram: Datagram,
    entry: number,
    bytes: Uint8Array,
    offset: number,
    length: number,
    address: string,
    port: number,
  ): boolean {
    if (this.#book.isFull) {
      this.#post();
      this.#book.clear();
    }
    if (this.#block >= 0 && !this.#out[this.#block]!.hasRoom(length)) this.#post();
    if (this.#block < 0) this.#block = this.#takeBlock();
    if (this.#block < 0) {
      this.#shed(datagram);
      return false;
    }
    const number = this.#book.numberOf(address);
    this.#out[this.#block]!.add(entry, bytes, offset, length, number, port);
    return true;
  }

  /**
   * Have a datagram sent from a listener of the other worker, with the next `flush`.
   * @returns false when too many wait already
   */
  send(datagram: OutgoingDatagram): boolean {
    if (this.#outgoing.length >= MOST_OUTGOING) return false;
    this.#outgoing.push(datagram);
    return true;
  }

  /** A listener of this worker changed its state: the other one is told with the next `flush`. */
  listenerBreak(): void {
    this.#breaks++;
  }

  /**
   * Send what waits, and tell how far the sockets have been read; call at least every 50 ms, also in silence. One that is behind is told
   * with the next full block, or once it has caught up; the last time it is told at once.
   * @param drainedAtMs - what had arrived at the sockets of this worker before it has been passed
   * @param isLast - nothing will be passed after it
   * @param missed - as in the message
   */
  flush(drainedAtMs: number, isLast = false, missed: (number | null)[] | null = null): void {
    this.#toTellDrainedAtMs = drainedAtMs;
    this.#toTellMissed = missed;
    if (isLast || !this.#isOtherBehind) this.#post(isLast);
  }

  /** Send what waits, if anything does and the other one is not behind. */
  flushDatagrams(): void {
    if (this.#block >= 0 && !this.#isOtherBehind) this.#post();
  }

  close(): void {
    this.#port.close();
  }

  get #isOtherBehind(): boolean {
    return this.#free.length < LEAST_FREE_BLOCKS;
  }

  #takeBlock(): number {
    const block = this.#free.pop() ?? -1;
    if (block >= 0) this.#out[block]!.clear();
    return block;
  }

  #post(isLast = false): void {
    const block = this.#block;
    const message: LaneMessage = {
      block,
      count: block < 0 ? 0 : this.#out[block]!.count,
      shed: this.#takeShedRecords(),
      added: this.#book.takeNew(),
      drainedAtMs: this.#toTellDrainedAtMs,
      missed: this.#toTellMissed,
      breaks: this.#breaks,
      outgoing: this.#outgoing,
      isLast,
    };
    this.#block = -1;
    this.#outgoing = [];
    this.#toTellDrainedAtMs = Number.NEGATIVE_INFINITY;
    this.#toTellMissed = null;
    this.#port.postMessage(message);
  }

  /** Evidence for the gap's cause. What finds no room here either leaves the cause undetermined. */
  #shed(datagram: Datagram): void {
    if (datagram.kind !== KIND.DATA || datagram.sequence < 0) return;
    const length = writeShed(this.#shedBytes, this.#shedView, datagram);
    if (this.#shedRecords.hasRoom(length)) this.#shedRecords.add(0, this.#shedBytes, 0, length, 0, 0);
  }

  #takeShedRecords(): { records: Uint8Array; count: number } | null {
    const { bytes, used, count } = this.#shedRecords;
    if (count === 0) return null;
    this.#shedRecords.clear();
    return { records: bytes.slice(0, used), count };
  }

  #take(message: LaneMessage): void {
    if ("free" in message) {
      this.#free.push(message.free);
      return;
    }
    this.#copy.take(message.added);
    if (message.block >= 0) this.#takeDatagrams(message.block, message.count);
    if (message.shed !== null) this.#takeShed(message.shed);
    while (this.#breaksHeard < message.breaks) {
      this.#breaksHeard++;
      this.#sink.listenerBreak();
    }
    for (const outgoing of message.outgoing) this.#sink.send(outgoing);
    // one that only brings datagrams tells nothing else
    if (message.drainedAtMs !== Number.NEGATIVE_INFINITY) this.#missed = message.missed;
    this.#drainedAtMs = Math.max(this.#drainedAtMs, message.drainedAtMs);
    if (message.isLast) this.#hasEnded = true;
  }

  #takeDatagrams(index: number, count: number): void {
    const { bytes, view } = this.#in[index]!;
    this.#in[index]!.forEach(count, (entry, offset, length, address, port) =>
      this.#sink.datagram(entry, bytes, view, offset, length, this.#copy.at(address), port),
    );
    const message: LaneMessage = { free: index };
    this.#port.postMessage(message);
  }

  #takeShed({ records, count }: { records: Uint8Array; count: number }): void {
    const block = new RecordBlock(records);
    const { bytes, view } = block;
    block.forEach(count, (_entry, offset, length) => {
      readShed(bytes, view, offset, length, this.#datagram);
      this.#sink.shed(this.#datagram);
    });
  }
}

const blocksOf = (memory: SharedArrayBuffer): RecordBlock[] =>
  Array.from(
    { length: LANE_BLOCKS },
    (_, index) => new RecordBlock(new Uint8Array(memory, index * BLOCK_BYTES, BLOCK_BYTES)),
  );
