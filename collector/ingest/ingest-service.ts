import { setTimeout as sleep } from "node:timers/promises";
import type { Clock } from "../../common/clock.ts";
import { createRepeatLimiter, type Logger, type RepeatLimiter } from "../../common/logger.ts";
import type { BatchMessage, BatchReturn, EventKind, Restored, TablesReach } from "../../protocol/batch.ts";
import type { DeviceArrivals } from "../../protocol/device-arrivals.ts";
import { BatchPool } from "../batch/batch-pool.ts";
import { Exchange, type ExchangeEnds } from "../handover/exchange.ts";
import type { LaneSink } from "../handover/lane.ts";
import { KernelDrops } from "../listener/kernel-drops.ts";
import type { ListenerConfig } from "../listener/listener-url.ts";
import { DgramReceiver } from "../receive/dgram-receiver.ts";
import { NativeReceiver } from "../receive/native-receiver.ts";
import type { NativeSockets } from "../receive/native-socket.ts";
import { MAX_DRAIN_LAG_MS, type Receiver } from "../receive/receiver.ts";
import type { ListenerRecovery } from "../recovery/recovery.ts";
import type { IngestStatus } from "../status/ingest-status.ts";
import type { TrackerOptions } from "../tracker/types.ts";
import { DropReadings } from "./drop-readings.ts";
import { Ingest } from "./ingest.ts";
import { ListenerWatch } from "./listener-watch.ts";
import { WorkerListeners } from "./worker-listeners.ts";

export interface IngestServiceOptions {
  listeners: readonly ListenerConfig[];
  tracker: TrackerOptions;
  /** index of this worker, of so many */
  worker: number;
  workers: number;
  /** of each listener: the worker that opens it */
  homes: readonly number[];
  /** to and from the others; null = there are none */
  exchange: ExchangeEnds | null;
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

/** how often windows are looked at: at least every 50 ms (docs/ledger.md) */
const TICK_MS = 30;
/** how long a stop waits for the other workers, and for a batch to come back when all are with the writer */
const STOP_WAIT_MS = 5000;
const STOP_POLL_MS = 10;

const WHY_REJECTED = {
  "database-error": "a datagram was rejected: its device cannot be read back from the database",
  "internal-error": "a datagram was rejected because of a bug",
};

const recoveryOf = ({ recovery, kind }: ListenerConfig): ListenerRecovery =>
  !recovery ? "off" : kind === "group" ? "group" : "on";

const newReceiver = ({ clock, sockets }: IngestServiceOptions, ingest: Ingest): Receiver => {
  const handle = ingest.receive.bind(ingest);
  if (sockets === null) return new DgramReceiver(clock, handle);
  const onOverload = (listener: number): void => void ingest.counters[listener]!.overloads++;
  return new NativeReceiver({ clock, sockets, handle, onOverload });
};

/** The listeners, the receiver and the pipeline of one ingest worker, driven by real time. */
export class IngestService {
  readonly #options: IngestServiceOptions;
  readonly #ingest: Ingest;
  readonly #receiver: Receiver;
  readonly #listeners: WorkerListeners;
  readonly #exchange: Exchange | null;
  readonly #kernelDrops = new KernelDrops();
  readonly #watch: ListenerWatch;
  #ticker: NodeJS.Timeout | null = null;
  /** a tick that is not at its end */
  #rest: NodeJS.Immediate | null = null;
  readonly #dropReadings: DropReadings;

  constructor(options: IngestServiceOptions) {
    const { clock, logger } = options;
    this.#options = options;
    const limiter = createRepeatLimiter(clock);
    this.#exchange = options.exchange === null ? null : new Exchange(options.exchange, this.#laneSink());
    const ingest = this.#newIngest(limiter);
    this.#ingest = ingest;
    this.#receiver = newReceiver(options, ingest);
    this.#listeners = new WorkerListeners({
      configs: options.listeners,
      workers: options.workers,
      receiver: this.#receiver,
      sockets: options.sockets,
      kernelDrops: this.#kernelDrops,
      ingest,
      exchange: this.#exchange,
      limiter,
      clock,
      logger,
    });
    this.#dropReadings = new DropReadings({
      kernelDrops: this.#kernelDrops,
      listeners: this.#listeners.all,
      shares: this.#listeners.shares,
      counters: ingest.counters,
      isHome: (listener) => options.homes[listener] === options.worker,
      exchange: this.#exchange,
      isCheap: this.#receiver.path === "native",
    });
    this.#watch = new ListenerWatch({
      listeners: this.#listeners.all,
      shares: this.#listeners.shares,
      counters: ingest.counters,
      nowMs: clock.monotonicMs(),
      onSilence: ({ config: { url } }, kind) => this.event(kind, { listener: url }),
    });
  }

  #newIngest(limiter: RepeatLimiter): Ingest {
    const { listeners, tracker, poolBatches, restored, worker, batchMs, random, send, logger } =
      this.#options;
    return new Ingest({
      formats: listeners.map(({ format }) => format),
      sources: listeners.map(({ source }) => source),
      tracker,
      pool: new BatchPool(poolBatches),
      restored,
      worker,
      exchange: this.#exchange,
      batchMs,
      recovery: {
        listeners: listeners.map(recoveryOf),
        random,
        send: (listener, bytes, address, port, local) =>
          this.#sendNack(listener, bytes, address, port, local),
      },
      send,
      onError: (reason, error) =>
        limiter.limit(reason, (heldBack) => logger.error({ err: error, heldBack }, WHY_REJECTED[reason])),
    });
  }

  /**
   * Take over what the database knows; once, before `begin`.
   * @returns as `Ingest.restore`
   */
  restore(): number {
    return this.#ingest.restore();
  }

  /** Continue the ledger: from now on datagrams may come. @param lastArrivalUs - as for `Ingest.start` */
  begin(lastArrivalUs: number): void {
    const { clock } = this.#options;
    this.#ingest.start(clock.monotonicMs(), clock.wallUs(), lastArrivalUs);
    this.#ticker = setInterval(() => this.#tick(), TICK_MS);
  }

  /** @see WorkerListeners.listen */
  async listen(indexes: readonly number[]): Promise<void> {
    await this.#listeners.listen(indexes);
  }

  /** @see WorkerListeners.share */
  async share(index: number, address: string, port: number, local: number): Promise<void> {
    await this.#listeners.share(index, address, port, local);
  }

  /** @see Ingest.arrivalsOf */
  arrivalsOf(id: string): DeviceArrivals | null {
    return this.#ingest.arrivalsOf(id);
  }

  /** A batch is done with. */
  takeBack(returned: BatchReturn): void {
    this.#ingest.takeBack(returned);
  }

  tablesReached(reach: TablesReach): void {
    this.#ingest.tablesReached(reach);
  }

  status(): IngestStatus {
    const atMs = this.#options.clock.monotonicMs();
    this.#kernelDrops.refresh(atMs - this.#receiver.readUntilMs());
    return {
      atUs: this.#options.clock.wallUs(),
      atMs,
      paths: this.#ingest.paths,
      listeners: this.#listeners.status(),
      sizes: {
        ...this.#ingest.sizes,
        handoverBlocks: this.#exchange?.blocksInUse ?? 0,
        handoverCapacity: this.#exchange?.blockCapacity ?? 0,
        handoverShed: this.#exchange?.shed ?? 0,
      },
      reorderDelays: this.#ingest.reorderDelays,
      fleet: this.#ingest.fleet,
    };
  }

  /** Something that concerns no single worker happened. */
  event(kind: EventKind, detail: Record<string, unknown>): void {
    const { clock } = this.#options;
    this.#ingest.event(kind, clock.wallUs(), detail, clock.monotonicMs());
  }

  /**
   * Read what the kernel still has, close the sockets, take what the other workers still hand over, decide what is held and hand over the
   * last batch. Windows stay as they are: they are in the batch. All workers must be told to stop.
   */
  async stop(): Promise<void> {
    const { clock, logger } = this.#options;
    await this.#receiver.drain();
    this.#listeners.stop();
    this.#endTicks();
    const deadlineMs = clock.monotonicMs() + STOP_WAIT_MS;
    await this.#endExchange(deadlineMs);
    this.#ingest.stop(clock.monotonicMs(), clock.wallUs());
    while (!this.#ingest.flushAll(clock.monotonicMs())) {
      if (clock.monotonicMs() > deadlineMs) {
        logger.error("the writer returned no batch: what changed since the last one is not stored");
        return;
      }
      await sleep(STOP_POLL_MS);
    }
  }

  /** The start failed: close everything, hand over nothing. */
  abandon(): void {
    this.#listeners.stop();
    this.#endTicks();
    this.#exchange?.close();
  }

  async #endExchange(deadlineMs: number): Promise<void> {
    const { clock, logger } = this.#options;
    const exchange = this.#exchange;
    if (exchange === null) return;
    exchange.flush(clock.monotonicMs(), true);
    while (!exchange.haveOthersEnded) {
      if (clock.monotonicMs() > deadlineMs) {
        logger.error("another ingest worker did not end: what it had not handed over yet is not stored");
        break;
      }
      await sleep(STOP_POLL_MS);
    }
    exchange.close();
  }

  #tick(): void {
    const { clock } = this.#options;
    const exchange = this.#exchange;
    const ownMs = this.#receiver.drainedAtMs();
    // what has been read has been handed over: now the others know
    const heldMs = clock.monotonicMs() - this.#receiver.readUntilMs();
    exchange?.flush(ownMs, false, this.#dropReadings.readMissed(heldMs));
    const nowMs = clock.monotonicMs();
    if (this.#rest === null) {
      const drainedAtMs = exchange === null ? ownMs : exchange.drainedAtMs(ownMs, nowMs - MAX_DRAIN_LAG_MS);
      const wallUs = clock.wallUs();
      const drops = this.#dropReadings.read(nowMs, wallUs, heldMs, drainedAtMs, this.#ingest.openGaps);
      if (drops !== null) this.#ingest.kernelDrops(nowMs, drainedAtMs, drops);
      this.#closeDue(drainedAtMs);
    }
    this.#receiver.probe();
    this.#watch.tick(nowMs);
  }

  /** What is due at one tick is judged by one reading of the kernel's counters; where it is much, the sockets are read in between. */
  #closeDue(drainedAtMs: number): void {
    const { clock } = this.#options;
    const isMoreDue = this.#ingest.tick(clock.monotonicMs(), drainedAtMs, clock.wallUs());
    this.#rest = isMoreDue ? setImmediate(() => this.#closeDue(drainedAtMs)) : null;
  }

  #endTicks(): void {
    if (this.#ticker !== null) clearInterval(this.#ticker);
    if (this.#rest !== null) clearImmediate(this.#rest);
  }

  /** By a socket here that is bound to the address the device sends to, else by that of the listener itself, at whichever worker it is. */
  #sendNack(index: number, bytes: Uint8Array, address: string, port: number, local: number): boolean {
    const home = this.#options.homes[index]!;
    const isHere = home === this.#options.worker || this.#listeners.isBoundTo(index, local);
    if (this.#exchange === null || isHere) return this.#listeners.send(index, bytes, address, port, local);
    return this.#exchange.send(home, { listener: index, bytes: bytes.slice(), address, port });
  }

  /** With the clocks of this thread: the way here is no step back in the arrivals of a device, and the window of what came late begins when it is here. */
  #laneSink(): LaneSink {
    return {
      datagram: (entry, bytes, view, offset, length, address, port) =>
        this.#ingest.receive(
          entry,
          bytes,
          view,
          offset,
          length,
          address,
          port,
          this.#options.clock.wallUs(),
          this.#options.clock.monotonicMs(),
        ),
      shed: (datagram) =>
        this.#ingest.shedElsewhere(datagram, this.#options.clock.wallUs(), this.#options.clock.monotonicMs()),
      listenerBreak: () => this.#ingest.listenerBreak(),
      send: ({ listener, bytes, address, port }) =>
        void this.#listeners.send(listener, bytes, address, port, 0),
    };
  }
}
