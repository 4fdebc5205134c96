import type { Socket } from "node:dgram";
import type { Clock } from "../../common/clock.ts";
import { MisuseError } from "../../common/errors.ts";
import { BacklogBlocks } from "./backlog.ts";
import { LoadMeter } from "./load-meter.ts";
import { SteadyNaps } from "./nap.ts";
import type { DatagramBatch, NativeSocket, NativeSockets } from "./native-socket.ts";
import type { DatagramHandler, Receiver } from "./receiver.ts";
import * as receiverModule from "./receiver.ts";
import { type ReaderSurroundings, SocketReader } from "./socket-reader.ts";

// as a local it becomes part of the code (docs/decisions/0012-local-constants.md)
const { MAX_DRAIN_LAG_MS } = receiverModule;

export interface NativeReceiverOptions {
  clock: Clock;
  handle: DatagramHandler;
  sockets: NativeSockets;
  /** a socket of this listener was shut because more came than can be handled */
  onOverload?(listener: number): void;
  /** memory for what is read ahead */
  blocks?: BacklogBlocks;
}

/** The receive path through recvmmsg: the sockets of a thread, and the turns of its event loop in which each gets its share. */
export class NativeReceiver implements Receiver {
  readonly path = "native";
  readonly #clock: Clock;
  readonly #sockets: NativeSockets;
  readonly #blocks: BacklogBlocks;
  readonly #around: ReaderSurroundings;
  readonly #readers = new Map<Socket, SocketReader>();
  /** all sockets of a family are read into the same memory */
  readonly #batches = new Map<4 | 6, DatagramBatch>();
  #isTurnOpen = false;

  constructor(options: NativeReceiverOptions) {
    const { clock, handle } = options;
    this.#clock = clock;
    this.#sockets = options.sockets;
    this.#blocks = options.blocks ?? new BacklogBlocks();
    this.#around = {
      clock,
      handle,
      load: new LoadMeter(clock.monotonicMs()),
      blocks: this.#blocks,
      steady: new SteadyNaps(),
      onOverload: options.onOverload ?? (() => {}),
      openTurn: () => this.#openTurn(),
    };
  }

  attach(entry: number, socket: Socket, native: NativeSocket | null): void {
    if (native === null) throw new MisuseError("the native receiver reads native sockets only");
    const batch = this.#batchFor(native.family);
    this.#readers.set(socket, new SocketReader(entry, socket, native, batch, this.#around));
  }

  detach(socket: Socket): void {
    const reader = this.#readers.get(socket);
    this.#readers.delete(socket);
    reader?.detach();
  }

  probe(): void {
    for (const reader of this.#readers.values()) reader.drain(false);
  }

  drainedAtMs(): number {
    let drainedAtMs = this.#clock.monotonicMs();
    for (const reader of this.#readers.values()) drainedAtMs = Math.min(drainedAtMs, reader.handledUntilMs);
    return drainedAtMs;
  }

  readUntilMs(): number {
    let readUntilMs = this.#clock.monotonicMs();
    for (const reader of this.#readers.values()) readUntilMs = Math.min(readUntilMs, reader.readUntilMs);
    return readUntilMs;
  }

  async drain(): Promise<void> {
    const sinceMs = this.#clock.monotonicMs();
    while (this.drainedAtMs() < sinceMs && this.#isWorthWaiting(sinceMs)) {
      this.probe();
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
  }

  /** What was read ahead will be handled; but a broken socket nobody took away is never read empty. */
  #isWorthWaiting(sinceMs: number): boolean {
    return this.#blocks.areInUse || this.#clock.monotonicMs() - sinceMs < MAX_DRAIN_LAG_MS;
  }

  #batchFor(family: 4 | 6): DatagramBatch {
    const batch = this.#batches.get(family) ?? this.#sockets.createBatch(family);
    this.#batches.set(family, batch);
    return batch;
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
    let isWaiting = false;
    for (const reader of this.#readers.values()) {
      reader.endTurn(nowMs);
      isWaiting ||= reader.hasBacklog;
    }
    if (isWaiting) setImmediate(this.#goOn);
  };

  /** What waits in a backlog wakes nobody. */
  readonly #goOn = (): void => {
    for (const reader of this.#readers.values()) if (reader.hasBacklog) reader.drain(true);
  };
}
