import { setTimeout as sleep } from "node:timers/promises";
import type { Clock } from "../common/clock.ts";
import { LacunaError } from "../common/errors.ts";
import { createRepeatLimiter, type Logger } from "../common/logger.ts";
import type { BatchMessage, BatchReturn, FleetCounters, Restored } from "../protocol/batch.ts";
import { BatchPool } from "./batch-pool.ts";
import { countsOf, type ListenerCounts } from "./counters.ts";
import { Ingest, type IngestSizes } from "./ingest.ts";
import { KernelDrops } from "./kernel-drops.ts";
import { Listener, type ListenerSocketStatus } from "./listener.ts";
import type { ListenerConfig } from "./listener-url.ts";
import { DgramReceiver } from "./receive/dgram-receiver.ts";
import { NativeReceiver } from "./receive/native-receiver.ts";
import type { NativeSockets } from "./receive/native-socket.ts";
import type { Receiver } from "./receive/receiver.ts";
import { receiveBufferWarning } from "./receive-buffer.ts";
import type { ListenerRecovery } from "./recovery/recovery.ts";
import type { TrackerOptions } from "./tracker/types.ts";

export interface IngestServiceOptions {
  listeners: readonly ListenerConfig[];
  tracker: TrackerOptions;
  poolBatches: number;
  batchMs: number;
  /** receive by these; null = by node:dgram */
  sockets: NativeSockets | null;
  restored: Restored;
  clock: Clock;
  /** uniform in [0, 1): spreads the NACKs of collectors that hear the same group */
  random(): number;
  logger: Logger;
  /** takes a sealed batch; its buffer comes back through `takeBack` */
  send(message: BatchMessage): void;
}

/** A listener's socket and what came by it. */
export interface ListenerStatus extends ListenerSocketStatus {
  counters: ListenerCounts;
}

export interface IngestStatus {
  /** wall clock, microseconds */
  atUs: number;
  listeners: ListenerStatus[];
  sizes: IngestSizes;
  /** as of now, ahead of the last batch */
  fleet: FleetCounters;
}

/** how often windows are looked at: at least every 50 ms (docs/ledger.md) */
const TICK_MS = 20;
/** how long a stop waits for a batch to come back when all are with the writer */
const STOP_WAIT_MS = 5000;
const STOP_POLL_MS = 10;

const recoveryOf = ({ recovery, kind }: ListenerConfig): ListenerRecovery =>
  !recovery ? "off" : kind === "group" ? "group" : "on";

/** The listeners, the receiver and the pipeline of one ingest worker, driven by real time. */
export class IngestService {
  readonly #options: IngestServiceOptions;
  readonly #ingest: Ingest;
  readonly #receiver: Receiver;
  readonly #listeners: readonly Listener[];
  readonly #kernelDrops = new KernelDrops();
  readonly #limiter: ReturnType<typeof createRepeatLimiter>;
  #ticker: NodeJS.Timeout | null = null;

  constructor(options: IngestServiceOptions) {
    const { clock, logger, sockets } = options;
    this.#options = options;
    const limiter = createRepeatLimiter(clock);
    this.#limiter = limiter;
    const ingest = new Ingest({
      formats: options.listeners.map(({ format }) => format),
      tracker: options.tracker,
      pool: new BatchPool(options.poolBatches),
      restored: options.restored,
      batchMs: options.batchMs,
      recovery: {
        listeners: options.listeners.map(recoveryOf),
        random: options.random,
        send: (listener, bytes, address, port) => this.#sendNack(listener, bytes, address, port),
      },
      send: options.send,
      onInternalError: (error) =>
        limiter.limit("internal-error", (heldBack) =>
          logger.error({ err: error, heldBack }, "a datagram was rejected because of a bug"),
        ),
    });
    this.#ingest = ingest;
    const receive = ingest.receive.bind(ingest);
    this.#receiver =
      sockets === null ? new DgramReceiver(clock, receive) : new NativeReceiver(clock, receive, sockets);
    this.#listeners = options.listeners.map(
      (config, index) =>
        new Listener(index, config, {
          clock,
          receiver: this.#receiver,
          sockets,
          kernelDrops: this.#kernelDrops,
          onChange: (listener) => this.#listenerChanged(listener),
        }),
    );
  }

  /**
   * Continue the ledger, then bind and join every listener.
   * @throws LacunaError with the code of the first listener that must be up and is not, naming all of them; everything is closed then
   */
  async start(): Promise<void> {
    const { clock } = this.#options;
    this.#ingest.restore();
    this.#ingest.start(clock.monotonicMs(), clock.wallUs());
    const errors: LacunaError[] = [];
    // one after the other: the kernel's table tells two sockets of one group apart only by which one is new
    for (const listener of this.#listeners) {
      const error = await listener.start();
      if (error !== null) errors.push(error);
    }
    const [first] = errors;
    if (first !== undefined) {
      for (const listener of this.#listeners) listener.stop();
      throw new LacunaError(first.code, errors.map(({ message }) => message).join("\n"), { cause: first });
    }
    this.#ticker = setInterval(() => this.#tick(), TICK_MS);
  }

  /** A batch is done with. */
  takeBack(returned: BatchReturn): void {
    this.#ingest.takeBack(returned);
  }

  status(): IngestStatus {
    this.#kernelDrops.refresh();
    return {
      atUs: this.#options.clock.wallUs(),
      listeners: this.#listeners.map((listener, index) => ({
        ...listener.status(),
        counters: countsOf(this.#ingest.listeners[index]!),
      })),
      sizes: this.#ingest.sizes,
      fleet: this.#ingest.fleet,
    };
  }

  /**
   * Read what the kernel still has, close the sockets, decide what is held and hand over the last batch. Windows stay as they are: they
   * are in the batch.
   */
  async stop(): Promise<void> {
    const { clock, logger } = this.#options;
    await this.#receiver.drain();
    for (const listener of this.#listeners) listener.stop();
    if (this.#ticker !== null) clearInterval(this.#ticker);
    this.#ingest.stop(clock.monotonicMs(), clock.wallUs());
    const deadlineMs = clock.monotonicMs() + STOP_WAIT_MS;
    while (!this.#ingest.flushAll(clock.monotonicMs())) {
      if (clock.monotonicMs() > deadlineMs) {
        logger.error("the writer returned no batch: what changed since the last one is not stored");
        return;
      }
      await sleep(STOP_POLL_MS);
    }
  }

  #tick(): void {
    const { clock } = this.#options;
    this.#ingest.tick(clock.monotonicMs(), this.#receiver.drainedAtMs(), clock.wallUs());
    this.#receiver.probe();
  }

  #sendNack(index: number, bytes: Uint8Array, address: string, port: number): boolean {
    const listener = this.#listeners[index]!;
    return listener.send(bytes, address, port, (error) => {
      this.#ingest.listeners[index]!.nackFailures++;
      this.#limiter.limit(`nack ${listener.config.url}`, (heldBack) =>
        this.#options.logger.warn(
          { listener: listener.config.url, address, reason: error.message, heldBack },
          "a NACK could not be sent",
        ),
      );
    });
  }

  #listenerChanged({ config, state, reason, buffer }: Listener): void {
    const { clock, logger } = this.#options;
    const level = state === "OK" || state === "DISABLED" ? "info" : "warn";
    logger[level]({ listener: config.url, state, reason }, "listener state");
    const warning = buffer === null ? null : receiveBufferWarning(buffer);
    if (warning !== null) logger.warn({ listener: config.url }, warning);
    this.#ingest.listenerChanged(config.url, state, reason, clock.wallUs(), clock.monotonicMs());
  }
}
