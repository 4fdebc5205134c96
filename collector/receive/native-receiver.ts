import type { RemoteInfo, Socket } from "node:dgram";
import type { Clock } from "../../common/clock.ts";
import { MisuseError } from "../../common/errors.ts";
import { Backlog, BacklogBlocks } from "./backlog.ts";
import * as loadMeter from "./load-meter.ts";
import { LoadMeter } from "./load-meter.ts";
import type { DatagramBatch, NativeSocket, NativeSockets } from "./native-socket.ts";
import * as nativeSocket from "./native-socket.ts";
import { OverflowGate } from "./overflow-gate.ts";
import type { DatagramHandler, Receiver } from "./receiver.ts";
import * as receiverModule from "./receiver.ts";
import { SystemCallError } from "./system-calls.ts";

// as locals these become part of the code (docs/decisions/0012-local-constants.md)
const { LOAD } = loadMeter;
const { BATCH_DATAGRAMS } = nativeSocket;
const { MAX_DRAIN_LAG_MS } = receiverModule;

/** What one socket may take of one turn of the event loop: timers, messages and the other sockets get theirs after it. */
const MAX_BATCHES_PER_TURN = 64;
const MAX_TURN_MS = 4;

/** share of the receive buffer above which a socket is read ahead of the handling of its datagrams */
const AHEAD_SHARE = 1 / 4;
/** datagrams of the backlog that are handled before the socket is looked at again: about a millisecond */
const BACKLOG_STEP = 512;

/**
 * Interrupt moderation: a thread that is woken for every datagram or two spends its time waking up. Under load it naps instead when a socket
 * is empty, and finds several datagrams at once. A datagram waits for this at most the nap and the timer slack of Linux (0.05 ms), and one at
 * another socket of the worker at most `MAX_TURN_MS` and a nap. Never when idle.
 */
const NAP_MS = 0.3;

/**
 * The same at a steady trickle, where a wake-up costs more than what it brings: some naps after each, long enough that the next datagrams come in
 * them. A datagram waits at most for one nap; one at another socket, a timer or a message for all of them.
 */
const STEADY_NAP_MS = 6;
const STEADY_NAPS = 2;

/**
 * A datagram that comes so long after the one before is alone: libuv, which looks once more after each, finds the socket empty by itself, and
 * a second look here would be half the cost of an idle collector. The probes still find out how far it was read.
 */
const ALONE_MS = 0.2;

/** nobody wakes the nap: its time always runs out */
const NAP_CELL = new Int32Array(new SharedArrayBuffer(4));

const nap = (ms: number): void => void Atomics.wait(NAP_CELL, 0, 0, ms);

export interface NativeReceiverOptions {
  clock: Clock;
  handle: DatagramHandler;
  sockets: NativeSockets;
  /** a socket of this listener was shut because more came than can be handled */
  onOverload?(listener: number): void;
  /** memory for what is read ahead */
  blocks?: BacklogBlocks;
}

interface ReadSocket {
  readonly listener: number;
  readonly socket: Socket;
  readonly native: NativeSocket;
  readonly batch: DatagramBatch;
  readonly onMessage: (message: Buffer, from: RemoteInfo) => void;
  /** null = the system does not let sockets be shut */
  gate: OverflowGate | null;
  isAttached: boolean;
  /** read and not handled yet; while there is any, everything goes through it */
  readonly backlog: Backlog;
  /** everything that had arrived before has been read and handled */
  emptyAtMs: number;
  /** everything that had arrived before has been read, into the backlog at least */
  readUntilMs: number;
  /** when libuv read a datagram last */
  wokenAtMs: number;
  /** of this turn of the event loop */
  batchesLeft: number;
  /** when it has had its time in this turn; null = not read yet in it */
  turnEndsMs: number | null;
}

/**
 * The receive path through recvmmsg. libuv waits for the sockets and reads the first datagram of each wake-up; in its event the rest is read
 * here, up to `BATCH_DATAGRAMS` with one system call. Both read in order, so the order of arrival is kept.
 */
export class NativeReceiver implements Receiver {
  readonly path = "native";
  readonly #clock: Clock;
  readonly #handle: DatagramHandler;
  readonly #onOverload: (listener: number) => void;
  readonly #sockets: NativeSockets;
  readonly #load: LoadMeter;
  readonly #attached = new Map<Socket, ReadSocket>();
  /** all sockets of a family are read into the same memory: what is read has been handled before the next read */
  readonly #batches = new Map<4 | 6, DatagramBatch>();
  readonly #blocks: BacklogBlocks;
  #isTurnOpen = false;

  constructor(options: NativeReceiverOptions) {
    this.#clock = options.clock;
    this.#handle = options.handle;
    this.#sockets = options.sockets;
    this.#onOverload = options.onOverload ?? (() => {});
    this.#blocks = options.blocks ?? new BacklogBlocks();
    this.#load = new LoadMeter(this.#clock.monotonicMs());
  }

  attach(listener: number, socket: Socket, native: NativeSocket | null): void {
    if (native === null) throw new MisuseError("the native receiver reads native sockets only");
    const read: ReadSocket = {
      listener,
      socket,
      native,
      batch: this.#batchFor(native.family),
      onMessage: (message, from) => this.#wake(read, message, from),
      gate: new OverflowGate(),
      isAttached: true,
      backlog: new Backlog(this.#blocks),
      emptyAtMs: this.#clock.monotonicMs(),
      readUntilMs: Number.NEGATIVE_INFINITY,
      wokenAtMs: Number.NEGATIVE_INFINITY,
      batchesLeft: MAX_BATCHES_PER_TURN,
      turnEndsMs: null,
    };
    this.#attached.set(socket, read);
    socket.on("message", read.onMessage);
  }

  detach(socket: Socket): void {
    const read = this.#attached.get(socket);
    if (read === undefined) return;
    while (!read.backlog.isEmpty) this.#handleBacklog(read);
    this.#attached.delete(socket);
    read.isAttached = false;
    socket.off("message", read.onMessage);
    read.native.release();
  }

  probe(): void {
    for (const read of this.#attached.values()) this.#drain(read, false);
  }

  drainedAtMs(): number {
    const nowMs = this.#clock.monotonicMs();
    let drainedAtMs = nowMs;
    for (const { emptyAtMs } of this.#attached.values()) drainedAtMs = Math.min(drainedAtMs, emptyAtMs);
    return Math.max(drainedAtMs, nowMs - MAX_DRAIN_LAG_MS);
  }

  async drain(): Promise<void> {
    const sinceMs = this.#clock.monotonicMs();
    while (this.drainedAtMs() < sinceMs) {
      this.probe();
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
  }

  #batchFor(family: 4 | 6): DatagramBatch {
    const batch = this.#batches.get(family) ?? this.#sockets.createBatch(family);
    this.#batches.set(family, batch);
    return batch;
  }

  /** libuv read a datagram: it is the oldest, then comes what is still in the socket. */
  #wake(read: ReadSocket, message: Buffer, from: RemoteInfo): void {
    const wallUs = this.#clock.wallUs();
    const nowMs = this.#clock.monotonicMs();
    if (!read.backlog.isEmpty) {
      this.#putBack(read, message, 0, message.length, from.address, from.port, wallUs);
      this.#drain(read, true);
      return;
    }
    const { bytes, view } = read.batch;
    bytes.set(message);
    this.#handle(read.listener, bytes, view, 0, message.length, from.address, from.port, wallUs, nowMs);
    this.#load.add(1, nowMs);
    const isAlone = nowMs - read.wokenAtMs > ALONE_MS;
    read.wokenAtMs = nowMs;
    if (this.#load.load === LOAD.STEADY) this.#readBetweenNaps(read);
    else if (this.#load.load === LOAD.HEAVY || !isAlone) this.#drain(read, true);
  }

  /** The few datagrams that come in each of some naps: no turn of the event loop need be opened for them. */
  #readBetweenNaps(read: ReadSocket): void {
    for (let naps = 0; naps < STEADY_NAPS && read.isAttached; naps++) {
      nap(STEADY_NAP_MS);
      const nowMs = this.#clock.monotonicMs();
      const count = this.#readBatch(read);
      if (count < 0) return;
      if (count === BATCH_DATAGRAMS) this.#drain(read, true);
      else this.#emptied(read, nowMs);
      if (this.#load.load !== LOAD.STEADY || !read.backlog.isEmpty) return;
    }
  }

  /** Read until the socket is empty and no nap brings more, or it has had its share of this turn. */
  #drain(read: ReadSocket, mayNap: boolean): void {
    let hasNapped = false;
    while (read.isAttached && read.batchesLeft > 0) {
      const nowMs = this.#clock.monotonicMs();
      if (!this.#hasTimeLeft(read, nowMs)) return;
      read.batchesLeft--;
      if (!read.backlog.isEmpty) {
        if (this.#mayReadAhead(read, nowMs)) this.#readAhead(read);
        if (!read.isAttached) return;
        this.#handleBacklog(read);
        continue;
      }
      const count = this.#readBatch(read);
      if (count === BATCH_DATAGRAMS) continue;
      if (count < 0) return;
      this.#emptied(read, nowMs);
      if (!mayNap || this.#load.load !== LOAD.HEAVY || (count === 0 && hasNapped)) return;
      nap(NAP_MS);
      hasNapped = true;
    }
  }

  #mayReadAhead(read: ReadSocket, nowMs: number): boolean {
    return this.#blocks.hasRoom && read.gate?.isOverloaded(nowMs) !== true;
  }

  /** Read what waits in the socket into the backlog, as far as there is room, and handle none of it. */
  #readAhead(read: ReadSocket): void {
    const { batch } = read;
    for (let batches = 0; batches < MAX_BATCHES_PER_TURN && this.#blocks.hasRoom; batches++) {
      const nowMs = this.#clock.monotonicMs();
      const count = this.#read(read);
      if (count < 0) return;
      const wallUs = this.#clock.wallUs();
      for (let index = 0; index < count; index++) {
        const address = batch.addressOf(index);
        const offset = batch.offsetOf(index);
        this.#putBack(read, batch.bytes, offset, batch.lengthOf(index), address, batch.portOf(index), wallUs);
      }
      if (count === BATCH_DATAGRAMS) continue;
      read.readUntilMs = nowMs;
      return;
    }
  }

  /** Without room the oldest ones are handled first. */
  #putBack(
    read: ReadSocket,
    bytes: Uint8Array,
    offset: number,
    length: number,
    address: string,
    port: number,
    wallUs: number,
  ): void {
    while (!read.backlog.put(bytes, offset, length, address, port, wallUs)) this.#handleBacklog(read);
  }

  #handleBacklog(read: ReadSocket): void {
    const { backlog, listener, readUntilMs } = read;
    const nowMs = this.#clock.monotonicMs();
    this.#load.add(backlog.handle(listener, BACKLOG_STEP, nowMs, this.#handle), nowMs);
    if (backlog.isEmpty && readUntilMs > read.emptyAtMs) this.#emptied(read, readUntilMs);
  }

  /** @param nowMs - what had arrived before has been read */
  #emptied(read: ReadSocket, nowMs: number): void {
    read.emptyAtMs = nowMs;
    if (read.gate?.emptied(this.#clock.monotonicMs()) !== true) return;
    try {
      read.native.reopen();
    } catch (error) {
      this.#break(read, error);
    }
  }

  /** It has had its share of this turn and is not empty: more may arrive than can be handled. */
  #watchOverflow(read: ReadSocket, nowMs: number): void {
    const { gate, native } = read;
    if (!native.readMemory()) return;
    if (native.queuedBytes > native.bufferBytes * AHEAD_SHARE && this.#mayReadAhead(read, nowMs)) {
      this.#readAhead(read);
      if (this.#blocks.hasRoom || !native.readMemory()) return;
    }
    if (gate === null || !gate.sample(nowMs, native.queuedBytes, native.bufferBytes, native.kernelDrops))
      return;
    if (native.shut()) this.#onOverload(read.listener);
    else read.gate = null;
  }

  #hasTimeLeft(read: ReadSocket, nowMs: number): boolean {
    read.turnEndsMs ??= nowMs + MAX_TURN_MS;
    this.#openTurn();
    return nowMs < read.turnEndsMs;
  }

  /** @returns how many datagrams were read into the batch; -1 when the socket is broken */
  #read(read: ReadSocket): number {
    try {
      return read.batch.read(read.native);
    } catch (error) {
      this.#break(read, error);
      return -1;
    }
  }

  /** @returns how many datagrams were read and handled; -1 when the socket is broken */
  #readBatch(read: ReadSocket): number {
    const { batch, listener } = read;
    const count = this.#read(read);
    if (count <= 0) return count;
    const { bytes, view } = batch;
    const wallUs = this.#clock.wallUs();
    const nowMs = this.#clock.monotonicMs();
    for (let index = 0; index < count; index++) {
      const address = batch.addressOf(index);
      const port = batch.portOf(index);
      this.#handle(
        listener,
        bytes,
        view,
        batch.offsetOf(index),
        batch.lengthOf(index),
        address,
        port,
        wallUs,
        nowMs,
      );
    }
    this.#load.add(count, nowMs);
    return count;
  }

  /** What a failed read of libuv's does: whoever owns the socket decides. */
  #break(read: ReadSocket, error: unknown): void {
    if (!(error instanceof SystemCallError)) throw error;
    read.socket.emit("error", error);
  }

  /** The check phase comes after the polling: with it a turn ends, and every socket gets its share anew. */
  #openTurn(): void {
    if (this.#isTurnOpen) return;
    this.#isTurnOpen = true;
    setImmediate(this.#endTurn);
  }

  readonly #endTurn = (): void => {
    this.#isTurnOpen = false;
    const nowMs = this.#clock.monotonicMs();
    for (const read of this.#attached.values()) {
      const { batchesLeft, turnEndsMs } = read;
      read.batchesLeft = MAX_BATCHES_PER_TURN;
      read.turnEndsMs = null;
      if (turnEndsMs !== null && (batchesLeft === 0 || nowMs >= turnEndsMs)) this.#watchOverflow(read, nowMs);
      // what waits here wakes nobody
      if (!read.backlog.isEmpty) setImmediate(this.#goOn);
    }
  };

  readonly #goOn = (): void => {
    for (const read of this.#attached.values()) if (!read.backlog.isEmpty) this.#drain(read, true);
  };
}
