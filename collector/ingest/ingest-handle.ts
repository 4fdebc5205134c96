import { EventEmitter } from "node:events";
import type { Worker } from "node:worker_threads";
import { LacunaError, messageOf } from "../../common/errors.ts";
import { SilenceWatch, STOP_PATIENCE_MS } from "../../common/silence-watch.ts";
import type { DeviceArrivals } from "../../protocol/device-arrivals.ts";
import type { IngestStatus } from "../status/ingest-status.ts";
import type { IngestCommand, IngestReport, WorkerFigures } from "./ingest-messages.ts";

/** failed: it died; stalled: it is there, and says nothing. */
export type ThreadState = "running" | "stalled" | "stopped" | "failed";

/** A worker's status, with the share of a processor it used between this status and the one before, [0, 1]. */
export interface WorkerStatus {
  status: IngestStatus;
  utilization: number;
}

interface HandleEvents {
  status: [];
  /** it died; code `ERR_INGEST_CRASHED` */
  error: [LacunaError];
}

/** The main thread's end of one ingest worker: commands are answered one by one, in order. */
export class IngestHandle extends EventEmitter<HandleEvents> {
  /** arrival of the last datagram its devices knew before the start, microseconds; when it has taken over what the database knows */
  readonly restored: Promise<number>;
  readonly #worker: Worker;
  readonly #restoring = Promise.withResolvers<number>();
  readonly #waiting: PromiseWithResolvers<void>[] = [];
  readonly #queries = new Map<number, (arrivals: DeviceArrivals | null) => void>();
  #nextQuery = 0;
  #latest: WorkerStatus | null = null;
  #former: { atMs: number; cpuUs: number } | null = null;
  #gone: LacunaError | null = null;
  #isStopped = false;
  /** A worker says something twice a second. Whoever has asked one that stalls would wait for as long as it does. */
  #silence = new SilenceWatch(() => this.#endQueries());

  constructor(worker: Worker) {
    super();
    this.#worker = worker;
    this.restored = this.#restoring.promise;
    worker.on("message", (message: IngestReport) => this.#handle(message));
    worker.on("error", (error) => this.#crashed(messageOf(error), error));
    worker.on("exit", () => {
      this.#silence.close();
      this.#crashed("it exited");
    });
  }

  /** The newest one, at most half a second old while the worker lives; null before the first. */
  get latest(): WorkerStatus | null {
    return this.#latest;
  }

  get state(): ThreadState {
    if (this.#isStopped) return "stopped";
    if (this.#gone !== null) return "failed";
    return this.#silence.isSilent ? "stalled" : "running";
  }

  /** It has stopped, or died. */
  get isGone(): boolean {
    return this.#isStopped || this.#gone !== null;
  }

  /**
   * Have it do something.
   * @returns when it is done
   * @throws LacunaError that of a start that failed, or `ERR_INGEST_CRASHED`
   */
  ask(command: IngestCommand): Promise<void> {
    if (this.#gone !== null) return Promise.reject(this.#gone);
    const waiting = Promise.withResolvers<void>();
    this.#waiting.push(waiting);
    if (command.command === "stop") this.#giveUpWhenSilent();
    this.#worker.postMessage(command);
    return waiting.promise;
  }

  /** What it has not handed over is lost then; but a disk that answers once more may save it. */
  #giveUpWhenSilent(): void {
    this.#silence.close();
    this.#silence = new SilenceWatch(
      () =>
        this.#crashed(
          "it does not come back, as from a disk that does not answer; what it holds is not stored",
        ),
      STOP_PATIENCE_MS,
    );
  }

  /** How the numbers of a device arrive; null = it is not in this worker's memory, or the worker is gone or has stalled. */
  arrivalsOf(id: string): Promise<DeviceArrivals | null> {
    if (this.state !== "running") return Promise.resolve(null);
    const query = this.#nextQuery++;
    const { promise, resolve } = Promise.withResolvers<DeviceArrivals | null>();
    this.#queries.set(query, resolve);
    this.#worker.postMessage({ command: "arrivals", query, id } satisfies IngestCommand);
    return promise;
  }

  #handle(message: IngestReport): void {
    this.#silence.heard();
    if (message.report === "arrivals") {
      this.#queries.get(message.query)?.(message.arrivals);
      this.#queries.delete(message.query);
      return;
    }
    if (message.report === "restored") {
      this.#restoring.resolve(message.lastArrivalUs);
      return;
    }
    if (message.report === "failed") {
      const error = new LacunaError(message.code, message.message);
      this.#restoring.reject(error);
      this.#waiting.shift()?.reject(error);
      return;
    }
    this.#takeFigures(message.figures);
    if (message.report === "status") return;
    if (message.isLast) {
      this.#isStopped = true;
      this.#endQueries();
    }
    this.#waiting.shift()?.resolve();
  }

  /** By CPU time: a thread that naps in the middle of its turn is not busy, whatever its event loop says. */
  #takeFigures({ status, cpuUs }: WorkerFigures): void {
    const { atMs } = status;
    const { atMs: sinceMs, cpuUs: before } = this.#former ?? { atMs, cpuUs };
    const share = atMs > sinceMs ? (cpuUs - before) / 1000 / (atMs - sinceMs) : 0;
    this.#former = { atMs, cpuUs };
    this.#latest = { status, utilization: Math.min(1, share) };
    this.emit("status");
  }

  #endQueries(): void {
    for (const resolve of this.#queries.values()) resolve(null);
    this.#queries.clear();
  }

  #crashed(why: string, cause?: unknown): void {
    if (this.isGone) return;
    const error = new LacunaError("ERR_INGEST_CRASHED", `the ingest worker died: ${why}`, { cause });
    this.#gone = error;
    this.#restoring.reject(error);
    this.#endQueries();
    for (const waiting of this.#waiting.splice(0)) waiting.reject(error);
    if (this.listenerCount("error") > 0) this.emit("error", error);
  }
}
