import type { RemoteInfo, Socket } from "node:dgram";
import type { Clock } from "../../common/clock.ts";
import { DrainWatch } from "./drain-watch.ts";
import type { DatagramHandler, Receiver } from "./receiver.ts";

/** no UDP payload is longer, whatever the family */
const LARGEST_PAYLOAD_BYTES = 65_535;

/**
 * Datagrams of one turn of the event loop that share one reading of the clocks, taken when the first of them is read: what they cost
 * together, well under a millisecond, is less than what they waited for the process to be woken.
 */
const DATAGRAMS_PER_STAMP = 8;

/** The receive path through node:dgram: works everywhere; each datagram comes through one event. */
export class DgramReceiver implements Receiver {
  readonly path = "dgram";
  readonly #clock: Clock;
  readonly #handle: DatagramHandler;
  readonly #watch: DrainWatch;
  readonly #sockets = new Map<Socket, MessageListener>();
  /** every datagram is copied here: one view for all of them, and what the decoder points at stays put */
  readonly #bytes = new Uint8Array(LARGEST_PAYLOAD_BYTES);
  readonly #view = new DataView(this.#bytes.buffer);
  #nowMs = 0;
  #wallUs = 0;
  /** datagrams that may still use that reading of the clocks */
  #stampsLeft = 0;
  #isTurnOpen = false;
  /** one more turn is wanted after the open one, also when no datagram comes */
  #isProbed = false;

  constructor(clock: Clock, handle: DatagramHandler) {
    this.#clock = clock;
    this.#handle = handle;
    this.#watch = new DrainWatch(clock.monotonicMs());
  }

  attach(entry: number, socket: Socket): void {
    const onMessage = (message: Buffer, from: RemoteInfo): void =>
      this.#receive(entry, socket, message, from);
    this.#sockets.set(socket, onMessage);
    this.#watch.add(socket, this.#clock.monotonicMs());
    socket.on("message", onMessage);
  }

  detach(socket: Socket): void {
    const onMessage = this.#sockets.get(socket);
    if (onMessage === undefined) return;
    socket.off("message", onMessage);
    this.#sockets.delete(socket);
    this.#watch.remove(socket);
  }

  probe(): void {
    // this may be called in the middle of a turn's polling, which then says nothing of now: only a whole turn after it does
    this.#isProbed = true;
    this.#openTurn();
  }

  drainedAtMs(): number {
    return this.#watch.drainedAtMs(this.#clock.monotonicMs());
  }

  readUntilMs(): number {
    return this.drainedAtMs();
  }

  async drain(): Promise<void> {
    const sinceMs = this.#clock.monotonicMs();
    while (this.drainedAtMs() < sinceMs) {
      this.probe();
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
  }

  #receive(entry: number, socket: Socket, message: Buffer, from: RemoteInfo): void {
    if (this.#stampsLeft === 0) this.#readClocks();
    this.#stampsLeft--;
    const nowMs = this.#nowMs;
    this.#watch.datagram(socket, nowMs);
    if (!this.#isTurnOpen) this.#openTurn();
    const { length } = message;
    this.#bytes.set(message);
    this.#handle(entry, this.#bytes, this.#view, 0, length, from.address, from.port, this.#wallUs, nowMs);
  }

  #readClocks(): void {
    this.#nowMs = this.#clock.monotonicMs();
    this.#wallUs = this.#clock.wallUs();
    this.#stampsLeft = DATAGRAMS_PER_STAMP;
  }

  /** The check phase comes right after the polling: there it is known how many datagrams each socket gave. */
  #openTurn(): void {
    if (this.#isTurnOpen) return;
    this.#isTurnOpen = true;
    setImmediate(this.#endTurn);
  }

  readonly #endTurn = (): void => {
    this.#isTurnOpen = false;
    this.#stampsLeft = 0;
    this.#watch.afterPoll(this.#clock.monotonicMs());
    if (this.#isProbed) this.#openTurn();
    this.#isProbed = false;
  };
}

type MessageListener = (message: Buffer, from: RemoteInfo) => void;
