import { networkInterfaces } from "node:os";
import type { Clock } from "../../common/clock.ts";
import { LacunaError } from "../../common/errors.ts";
import type { Logger, RepeatLimiter } from "../../common/logger.ts";
import type { Exchange } from "../handover/exchange.ts";
import type { KernelDrops } from "../listener/kernel-drops.ts";
import { Listener, type ListenerSurroundings } from "../listener/listener.ts";
import type { ListenerState } from "../listener/listener-status.ts";
import type { ListenerConfig } from "../listener/listener-url.ts";
import { receiveBufferWarning } from "../listener/receive-buffer.ts";
import { sharedAddresses } from "../listener/sharing.ts";
import type { NativeSockets } from "../receive/native-socket.ts";
import type { Receiver } from "../receive/receiver.ts";
import { countsOf } from "../status/counters.ts";
import type { IngestStatus } from "../status/ingest-status.ts";
import { sumSockets } from "../status/sum-status.ts";
import type { Ingest } from "./ingest.ts";

export interface WorkerListenersOptions {
  configs: readonly ListenerConfig[];
  /** ingest workers, this one included */
  workers: number;
  receiver: Receiver;
  /** as of the receiver; null = by node:dgram */
  sockets: NativeSockets | null;
  kernelDrops: KernelDrops;
  ingest: Ingest;
  /** null = there are no other workers */
  exchange: Exchange | null;
  limiter: RepeatLimiter;
  clock: Clock;
  logger: Logger;
}

/** The sockets of one ingest worker: its listeners, and what else it hears others' listeners by. What becomes of them is told and logged. */
export class WorkerListeners {
  /** all of them, also those that other workers open: those stay closed here */
  readonly all: readonly Listener[];
  /** sockets beside those of the listeners, by which other workers' listeners are heard too */
  readonly shares: Listener[] = [];
  readonly #options: WorkerListenersOptions;

  constructor(options: WorkerListenersOptions) {
    this.#options = options;
    this.all = options.configs.map((config, index) => this.#listener(config, index));
  }

  /**
   * Bind and join the listeners that are this worker's.
   * @param indexes - theirs
   * @throws LacunaError with the code of the first listener that must be up and is not, naming all of them; everything is closed then
   */
  async listen(indexes: readonly number[]): Promise<void> {
    const errors: LacunaError[] = [];
    // one after the other: the kernel's table tells two sockets of one group apart only by which one is new
    for (const index of indexes) {
      const error = await this.all[index]!.start();
      if (error !== null) errors.push(error);
    }
    const [first] = errors;
    if (first !== undefined) {
      this.stop();
      throw new LacunaError(first.code, errors.map(({ message }) => message).join("\n"), { cause: first });
    }
  }

  /**
   * Hear a listener that is up by one more socket, bound to this address and the listener's port.
   * @param local - number of the address (entry.ts)
   */
  async share(index: number, address: string, port: number, local: number): Promise<void> {
    const config = this.#options.configs[index]!;
    const share = new Listener(
      index,
      { ...config, kind: "address", address, port, optional: true },
      {
        ...this.#around,
        // one worker's own let each other in and nobody else
        sharing: () => (this.#options.workers > 1 ? "join" : "none"),
        beside: () => (this.#options.workers > 1 ? null : this.all[index]!.native),
        onChange: ({ state, reason }) => this.#shareChanged(config, state, reason),
      },
      local,
    );
    this.shares.push(share);
    await share.start();
  }

  /** Whether a socket that is up here is bound to that address of the host. @param local - its number (entry.ts) */
  isBoundTo(index: number, local: number): boolean {
    return this.#boundTo(index, local) !== undefined;
  }

  /**
   * From that address of the host when a socket here is bound to it; else by the listener's own, which is this worker's: the route chooses.
   * @returns as `Listener.send`
   */
  send(index: number, bytes: Uint8Array, address: string, port: number, local: number): boolean {
    const listener = this.#boundTo(index, local) ?? this.all[index]!;
    return listener.send(bytes, address, port, (error) => {
      this.#options.ingest.counters[index]!.nackFailures++;
      this.#options.limiter.limit(`nack ${listener.config.url}`, (heldBack) =>
        this.#options.logger.warn(
          { listener: listener.config.url, address, reason: error.message, heldBack },
          "a NACK could not be sent",
        ),
      );
    });
  }

  status(): IngestStatus["listeners"] {
    return this.all.map((listener, index) => {
      const shares = this.shares.filter((share) => share.index === index).map((share) => share.status());
      return {
        ...sumSockets([listener.status(), ...shares]),
        counters: countsOf(this.#options.ingest.counters[index]!),
      };
    });
  }

  stop(): void {
    for (const listener of [...this.all, ...this.shares]) listener.stop();
  }

  get #around(): ListenerSurroundings {
    const { clock, receiver, sockets, kernelDrops } = this.#options;
    return {
      clock,
      receiver,
      sockets,
      kernelDrops,
      onChange: (listener) => this.#listenerChanged(listener),
    };
  }

  #listener(config: ListenerConfig, index: number): Listener {
    const isShared = (): boolean =>
      this.#options.workers > 1 && sharedAddresses(config, networkInterfaces(), process.platform).length > 0;
    return new Listener(index, config, { ...this.#around, sharing: () => (isShared() ? "first" : "none") });
  }

  #boundTo(index: number, local: number): Listener | undefined {
    if (local === 0) return undefined;
    return this.shares.find(
      (share) => share.index === index && share.local === local && share.state === "OK",
    );
  }

  #shareChanged({ url }: ListenerConfig, state: ListenerState, reason: string): void {
    const { ingest, exchange, logger } = this.#options;
    const level = state === "OK" ? "debug" : state === "FAILED" ? "warn" : "info";
    logger[level]({ listener: url, state, reason }, "one more socket of a listener");
    // what comes to an address that has none comes by the listener's own
    if (state !== "FAILED") return;
    ingest.listenerBreak();
    exchange?.listenerBreak();
  }

  #listenerChanged({ config, state, reason, buffer }: Listener): void {
    const { ingest, clock, logger } = this.#options;
    const level = state === "OK" || state === "DISABLED" ? "info" : "warn";
    logger[level]({ listener: config.url, state, reason }, "listener state");
    const warning = buffer === null ? null : receiveBufferWarning(buffer);
    if (warning !== null) logger.warn({ listener: config.url }, warning);
    ingest.listenerChanged(config.url, state, reason, clock.wallUs(), clock.monotonicMs());
  }
}
