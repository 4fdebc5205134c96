import type { RemoteInfo, Socket } from "node:dgram";
import type { Clock } from "../../common/clock.ts";
import { Backlog, type BacklogBlocks } from "./backlog.ts";
import { listenerOf } from "./entry.ts";
import type { LoadMeter } from "./load-meter.ts";
import * as loadMeter from "./load-meter.ts";
import { nap, type SteadyNaps } from "./nap.ts";
import type { DatagramBatch, NativeSocket } from "./native-socket.ts";
import * as nativeSocket from "./native-socket.ts";
import { OverflowGate } from "./overflow-gate.ts";
import { ReadProgress } from "./read-progress.ts";
import type { DatagramHandler } from "./receiver.ts";
import { SystemCallError } from "./system-calls.ts";

// as locals these become part of the code (docs/decisions/0012-local-constants.md)
const { LOAD } = loadMeter;
const { BATCH_DATAGRAMS } = nativeSocket;

/** What one socket may take of one turn of the event loop: timers, messages and the other sockets get theirs after it. */
const MAX_BATCHES_PER_TURN = 64;
const MAX_TURN_MS = 4;

/** share of the receive buffer above which a socket is read ahead of the handling of its datagrams */
const AHEAD_SHARE = 1 / 4;
/** datagrams of the backlog that are handled before the socket is looked at again: about a millisecond */
const BACKLOG_STEP = 512;

/**
 * A datagram that comes so long after the one before is alone: libuv, which looks once more after each, finds the socket empty by itself, and
 * a second look here would be half the cost of an idle collector. The probes still find out how far it was read.
 */
const ALONE_MS = 0.2;

/** What the sockets of a thread share. */
export interface ReaderSurroundings {
  readonly clock: Clock;
  readonly handle: DatagramHandler;
  readonly load: LoadMeter;
  readonly blocks: BacklogBlocks;
  readonly steady: SteadyNaps;
  /** a socket of this listener was shut because more came than can be handled */
  onOverload(listener: number): void;
  /** A socket took something of this turn of the event loop: `endTurn` is wanted at its end. */
  openTurn(): void;
}

/**
 * Reads one socket, from construction until `detach`. libuv waits for it and reads the first datagram of each wake-up; in its event the rest is read
 * here, up to `BATCH_DATAGRAMS` with one system call. Both read in order, and while something waits in the backlog everything goes through it, so the
 * order of arrival is kept.
 */
export class SocketReader {
  readonly #entry: number;
  readonly #socket: Socket;
  readonly #native: NativeSocket;
  readonly #batch: DatagramBatch;
  readonly #around: ReaderSurroundings;
  readonly #clock: Clock;
  readonly #handle: DatagramHandler;
  readonly #load: LoadMeter;
  readonly #blocks: BacklogBlocks;
  /** read and not handled yet */
  readonly #backlog: Backlog;
  readonly #progress: ReadProgress;
  /** null = the system does not let sockets be shut */
  #gate: OverflowGate | null = new OverflowGate();
  #isAttached = true;
  /** arrival and now of a batch; not an array of numbers, out of which each datagram's would be two new objects */
  readonly #times: (number | null)[] = [null, null];
  /** when libuv read a datagram last */
  #wokenAtMs = Number.NEGATIVE_INFINITY;
  /** of this turn of the event loop */
  #batchesLeft = MAX_BATCHES_PER_TURN;
  /** when it has had its time in this turn; null = not read yet in it */
  #turnEndsMs: number | null = null;

  /**
   * @param entry - by which its datagrams come (./entry.ts)
   * @param batch - read into; others may be too, as what is read has been handled or put elsewhere before the next read
   */
  constructor(
    entry: number,
    socket: Socket,
    native: NativeSocket,
    batch: DatagramBatch,
    around: ReaderSurroundings,
  ) {
    this.#entry = entry;
    this.#socket = socket;
    this.#native = native;
    this.#batch = batch;
    this.#around = around;
    this.#clock = around.clock;
    this.#handle = around.handle;
    this.#load = around.load;
    this.#blocks = around.blocks;
    const nowMs = this.#clock.monotonicMs();
    this.#backlog = new Backlog(this.#blocks, nowMs);
    this.#progress = new ReadProgress(native.getRecvBufferSize(), nowMs);
    socket.on("message", this.#wake);
  }

  /** Everything that had arrived before has been read and handled; monotonic. */
  get handledUntilMs(): number {
    return this.#backlog.handledUntilMs;
  }

  /** Everything that had arrived before has been read; monotonic. */
  get readUntilMs(): number {
    return this.#progress.untilMs;
  }

  /** Something was read and is not handled yet, which wakes nobody. */
  get hasBacklog(): boolean {
    return !this.#backlog.isEmpty;
  }

  /** Handle what was read, and read no more. */
  detach(): void {
    this.#isAttached = false;
    this.#socket.off("message", this.#wake);
    while (this.hasBacklog) this.#handleBacklog();
    this.#native.release();
  }

  /** Read until the socket is empty and no nap brings more, or it has had its share of this turn. */
  drain(mayNap: boolean): void {
    let hasNapped = false;
    while (this.#isAttached && this.#batchesLeft > 0) {
      const nowMs = this.#clock.monotonicMs();
      if (!this.#hasTimeLeft(nowMs)) return;
      this.#batchesLeft--;
      if (this.hasBacklog) {
        if (this.#mayReadAhead(nowMs)) this.#readAhead();
        this.#handleBacklog();
        continue;
      }
      const count = this.#readBatch(nowMs);
      if (count === BATCH_DATAGRAMS) continue;
      if (count < 0) return;
      if (!mayNap || !this.#mayNap(LOAD.HEAVY) || (count === 0 && hasNapped)) return;
      nap();
      hasNapped = true;
    }
  }

  /** A turn of the event loop is over: it gets its share of the next one. */
  endTurn(nowMs: number): void {
    const hasHadItsShare =
      this.#turnEndsMs !== null && (this.#batchesLeft === 0 || nowMs >= this.#turnEndsMs);
    this.#batchesLeft = MAX_BATCHES_PER_TURN;
    this.#turnEndsMs = null;
    if (hasHadItsShare) this.#watchOverflow(nowMs);
  }

  /** libuv read a datagram: it is the oldest but for the backlog, then comes what is still in the socket. */
  readonly #wake = (message: Buffer, from: RemoteInfo): void => {
    const { length } = message;
    const wallUs = this.#clock.wallUs();
    const nowMs = this.#clock.monotonicMs();
    if (this.hasBacklog) {
      this.#put(message, 0, length, from.address, from.port, wallUs);
      this.drain(true);
      return;
    }
    const { bytes, view } = this.#batch;
    bytes.set(message);
    this.#handle(this.#entry, bytes, view, 0, length, from.address, from.port, wallUs, nowMs);
    this.#load.add(1, nowMs);
    const isAlone = nowMs - this.#wokenAtMs > ALONE_MS;
    this.#wokenAtMs = nowMs;
    if (this.#mayNap(LOAD.STEADY) && this.#around.steady.mayNap(this, nowMs)) this.#readBetweenNaps();
    else if (this.#load.load !== LOAD.LIGHT || !isAlone) this.drain(true);
  };

  /** The few datagrams that come in each of some naps: no turn of the event loop need be opened for them. */
  #readBetweenNaps(): void {
    const { steady } = this.#around;
    for (let naps = 0; naps < steady.naps && this.#isAttached; naps++) {
      const count = this.#readBatch(steady.nap(this, this.#clock));
      if (count < 0) return;
      if (count === BATCH_DATAGRAMS) this.drain(true);
      if (this.#load.load !== LOAD.STEADY) return;
    }
  }

  /** Not while a socket of this thread has a backlog: that is work. */
  #mayNap(load: number): boolean {
    return this.#load.load === load && !this.#blocks.areInUse;
  }

  #hasTimeLeft(nowMs: number): boolean {
    this.#turnEndsMs ??= nowMs + MAX_TURN_MS;
    this.#around.openTurn();
    return nowMs < this.#turnEndsMs;
  }

  /** With nothing in the backlog. @returns how many datagrams were read and handled; -1 when the socket is broken */
  #readBatch(nowMs: number): number {
    const count = this.#read(nowMs);
    if (count < 0) return count;
    if (count > 0) this.#handleBatch(count);
    this.#backlog.readUntil(this.#progress.untilMs);
    if (count < BATCH_DATAGRAMS) this.#emptied();
    return count;
  }

  #handleBatch(count: number): void {
    const batch = this.#batch;
    const entry = this.#entry;
    const { bytes, view } = batch;
    const times = this.#times;
    const nowMs = this.#clock.monotonicMs();
    times[0] = this.#clock.wallUs();
    times[1] = nowMs;
    for (let index = 0; index < count; index++) {
      const offset = batch.offsetOf(index);
      const length = batch.lengthOf(index);
      const address = batch.addressOf(index);
      this.#handle(entry, bytes, view, offset, length, address, batch.portOf(index), times[0]!, times[1]!);
    }
    this.#load.add(count, nowMs);
  }

  /** @returns how many datagrams were read into the batch; -1 when the socket is broken */
  #read(nowMs: number): number {
    try {
      const count = this.#batch.read(this.#native);
      this.#progress.read(nowMs, count);
      return count;
    } catch (error) {
      this.#break(error);
      return -1;
    }
  }

  #mayReadAhead(nowMs: number): boolean {
    return this.#blocks.hasRoom && this.#gate?.isOverloaded(nowMs) !== true;
  }

  /** Read what waits in the socket into the backlog, as far as there is room, and handle none of it. */
  #readAhead(): void {
    const batch = this.#batch;
    for (let batches = 0; batches < MAX_BATCHES_PER_TURN && this.#blocks.hasRoom; batches++) {
      const count = this.#read(this.#clock.monotonicMs());
      if (count < 0) return;
      this.#times[0] = this.#clock.wallUs();
      for (let index = 0; index < count; index++) {
        const address = batch.addressOf(index);
        const offset = batch.offsetOf(index);
        this.#put(batch.bytes, offset, batch.lengthOf(index), address, batch.portOf(index), this.#times[0]!);
      }
      this.#backlog.readUntil(this.#progress.untilMs);
      if (count < BATCH_DATAGRAMS) return;
    }
  }

  /** Without room the oldest ones are handled first, which makes some: there are some, or there was room for the first. */
  #put(
    bytes: Uint8Array,
    offset: number,
    length: number,
    address: string,
    port: number,
    wallUs: number,
  ): void {
    while (!this.#backlog.put(bytes, offset, length, address, port, wallUs)) this.#handleBacklog();
  }

  /** Handle the oldest of what was read ahead. */
  #handleBacklog(): void {
    const nowMs = this.#clock.monotonicMs();
    this.#load.add(this.#backlog.handle(this.#entry, BACKLOG_STEP, nowMs, this.#handle), nowMs);
  }

  /** The socket was read empty, and nothing waits in the backlog. */
  #emptied(): void {
    if (this.#gate?.emptied(this.#clock.monotonicMs()) !== true) return;
    try {
      this.#native.reopen();
    } catch (error) {
      this.#break(error);
    }
  }

  /** It has had its share of this turn and is not empty: more may arrive than can be handled. */
  #watchOverflow(nowMs: number): void {
    const native = this.#native;
    if (!native.readMemory()) return;
    if (native.queuedBytes > native.bufferBytes * AHEAD_SHARE && this.#mayReadAhead(nowMs)) {
      this.#readAhead();
      if (this.#blocks.hasRoom || !native.readMemory()) return;
    }
    const { queuedBytes, bufferBytes, kernelDrops } = native;
    if (this.#gate?.sample(nowMs, queuedBytes, bufferBytes, kernelDrops) !== true) return;
    if (native.shut()) this.#around.onOverload(listenerOf(this.#entry));
    else this.#gate = null;
  }

  /** As where libuv fails to read: whoever owns the socket decides. */
  #break(error: unknown): void {
    if (!(error instanceof SystemCallError)) throw error;
    this.#socket.emit("error", error);
  }
}
