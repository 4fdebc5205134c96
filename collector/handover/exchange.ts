import { MessageChannel } from "node:worker_threads";
import type { Datagram } from "../../protocol/datagram.ts";
import {
  LANE_BLOCKS,
  LANE_BYTES,
  Lane,
  type LaneEnds,
  type LaneSink,
  type OutgoingDatagram,
} from "./lane.ts";
import { Owners } from "./owners.ts";

/** a datagram waits at most so long for the others that go with it to its owner */
const FLUSH_MS = 5;

/** What a worker needs to know of the others. */
export interface ExchangeEnds {
  /** this worker's index */
  index: number;
  /** one seed for all workers */
  hashSeed: number;
  /** by the index of the other worker; null at its own */
  lanes: (LaneEnds | null)[];
}

/** The ends of the lanes between so many workers, by worker. */
export const createExchanges = (workers: number, hashSeed: number): ExchangeEnds[] => {
  const ends: ExchangeEnds[] = Array.from({ length: workers }, (_, index) => ({
    index,
    hashSeed,
    lanes: new Array<LaneEnds | null>(workers).fill(null),
  }));
  for (let one = 0; one < workers; one++) {
    for (let other = one + 1; other < workers; other++) {
      const { port1, port2 } = new MessageChannel();
      const there = new SharedArrayBuffer(LANE_BYTES);
      const back = new SharedArrayBuffer(LANE_BYTES);
      ends[one]!.lanes[other] = { port: port1, out: there, in: back };
      ends[other]!.lanes[one] = { port: port2, out: back, in: there };
    }
  }
  return ends;
};

/** All that a worker hands to the others and takes from them. */
export class Exchange {
  readonly #index: number;
  readonly #owners: Owners;
  readonly #lanes: readonly (Lane | null)[];
  readonly #others: readonly Lane[];
  #shed = 0;
  #timer: NodeJS.Timeout | null = null;

  constructor({ index, hashSeed, lanes }: ExchangeEnds, sink: LaneSink) {
    this.#index = index;
    this.#owners = new Owners(hashSeed, lanes.length);
    this.#lanes = lanes.map((ends) => (ends === null ? null : new Lane(ends, sink)));
    this.#others = this.#lanes.filter((lane) => lane !== null);
  }

  /** Blocks on their way to other workers. */
  get blocksInUse(): number {
    return this.#others.reduce((sum, lane) => sum + lane.blocksInUse, 0);
  }

  get blockCapacity(): number {
    return this.#others.length * LANE_BLOCKS;
  }

  /** Datagrams that found no block and were shed. */
  get shed(): number {
    return this.#shed;
  }

  /** The others hand over nothing more. */
  get haveOthersEnded(): boolean {
    return this.#others.every(({ hasEnded }) => hasEnded);
  }

  /** Index of the worker whose device it is, -1 = this one. */
  otherOwnerOf({ idView, idOffset, idLength }: Datagram): number {
    const owner = this.#owners.ownerOf(idView, idOffset, idLength);
    return owner === this.#index ? -1 : owner;
  }

  /** As `Lane.pass`. @param owner - of `otherOwnerOf` */
  pass(
    owner: number,
    datagram: Datagram,
    entry: number,
    bytes: Uint8Array,
    offset: number,
    length: number,
    address: string,
    port: number,
  ): boolean {
    const lane = this.#lanes[owner]!;
    const isPassed = lane.pass(datagram, entry, bytes, offset, length, address, port);
    if (!isPassed) this.#shed++;
    this.#timer ??= setTimeout(this.#flushDatagrams, FLUSH_MS);
    return isPassed;
  }

  /** As `Lane.send`, to that worker. */
  send(worker: number, datagram: OutgoingDatagram): boolean {
    return this.#lanes[worker]!.send(datagram);
  }

  listenerBreak(): void {
    for (const lane of this.#others) lane.listenerBreak();
  }

  /** As `Lane.flush`, to all. */
  flush(drainedAtMs: number, isLast = false, missed: (number | null)[] | null = null): void {
    for (const lane of this.#others) lane.flush(drainedAtMs, isLast, missed);
  }

  /**
   * What the other workers missed of a listener: see LaneMessage.
   * @param drainedAtMs - of `drainedAtMs`: what is older than that is not known
   * @returns null = not known
   */
  missedElsewhere(listener: number, drainedAtMs: number): number | null {
    let sum = 0;
    for (const lane of this.#others) {
      const missed = lane.drainedAtMs < drainedAtMs ? null : lane.missedOf(listener);
      if (missed === null) return null;
      sum += missed;
    }
    return sum;
  }

  /**
   * Latest instant before which everything that arrived at any worker's sockets has been taken here.
   * @param ownMs - the same for the own sockets
   * @param earliestMs - another worker that lags, or tells nothing, holds nobody back beyond it
   */
  drainedAtMs(ownMs: number, earliestMs: number): number {
    let drainedAtMs = ownMs;
    for (const lane of this.#others)
      drainedAtMs = Math.min(drainedAtMs, Math.max(lane.drainedAtMs, earliestMs));
    return drainedAtMs;
  }

  readonly #flushDatagrams = (): void => {
    this.#timer = null;
    for (const lane of this.#others) lane.flushDatagrams();
  };

  close(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    for (const lane of this.#others) lane.close();
  }
}
