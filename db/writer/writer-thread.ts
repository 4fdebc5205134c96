import type { Clock } from "../../common/clock.ts";
import { codeOf, messageOf } from "../../common/errors.ts";
import type { BatchMessage, BatchReturn, TablesReach } from "../../protocol/batch.ts";
import { MergeLoop } from "../merge/merge-loop.ts";
import type { MergeCommand, MergeReport } from "../merge/merge-messages.ts";
import type { MergeTask } from "../merge/merge-task.ts";
import { BatchesInTables } from "./batches-in-tables.ts";
import { HeardUntil } from "./heard-until.ts";
import type { FlushOutcome, Writer } from "./writer.ts";
import type { WriterFigures, WriterMessage, WriterThreadData } from "./writer-messages.ts";

/** A failed commit is tried again after that. */
const RETRY_MS = 250;
/** Without datagrams, tables and retention are looked after that often. */
const IDLE_MS = 1000;
/** While there is something to do for them, and nothing arrives, they are looked after that often: what flushes left behind would take minutes. */
const TIDY_MS = 50;
/** The writer is behind when so many times the batches that a flush is to take had come before it: more than that came during the flush before. */
const BEHIND = 1.5;
/** So many segments may wait to be merged while the writer is behind: merging takes processors, and its lots the writer's time. */
const MOST_PUT_OFF = 128;

/** What the loop needs of its thread. */
export interface WriterThreadHost {
  clock: Clock;
  /** to the main thread */
  post(message: WriterMessage, transfer?: ArrayBuffer[]): void;
  /** to the ingest worker */
  giveBack(worker: number, reply: BatchReturn): void;
  /** the tables have more of its batches */
  tablesReached(worker: number, reach: TablesReach): void;
  /** batches that were posted and not delivered yet */
  drain(): BatchMessage[];
  /** to the merger's thread, which is started by the first merge, and by the next one when it died */
  merge(command: MergeCommand): void;
  /** bytes this thread has written since it began; null where the system does not tell */
  writtenBytes(): number | null;
  /** the loop is over: the thread may end */
  ended(): void;
}

/** When to flush: a while after the first batch began to wait, at once when many wait, again and again while commits fail. */
export class WriterThread {
  readonly #writer: Writer;
  readonly #host: WriterThreadHost;
  readonly #options: WriterThreadData;
  readonly #merges: MergeLoop;
  #timer: NodeJS.Timeout | undefined;
  /** what the timer is for: what is done when nothing waits, the batches that wait, or as many as must not wait any longer */
  #planned: "idle" | "flush" | "flush-now" = "idle";
  #isBehind = false;
  readonly #heard: HeardUntil;
  #heardUntilUs: number;
  /** number of the last committed batch of each ingest worker */
  readonly #committed: number[] = [];
  readonly #inTables = new BatchesInTables();
  #commits = 0;
  #commitMs = 0;
  #failures = 0;
  #failingSinceUs: number | null = null;
  #lastError: string | null = null;
  #closeByMs: number | null = null;

  constructor(writer: Writer, host: WriterThreadHost, options: WriterThreadData) {
    this.#writer = writer;
    this.#host = host;
    this.#options = options;
    this.#heard = new HeardUntil(options.batchMs);
    this.#heardUntilUs = host.clock.wallUs() - options.batchMs * 1000;
    const merger = { post: (command: MergeCommand) => host.merge(command) };
    this.#merges = new MergeLoop(writer.merging, () => this.#beginMerge(), merger, host.clock);
    host.post({ type: "opened", hasHistory: writer.hasHistory, figures: this.#figures() });
    this.#schedule(IDLE_MS);
  }

  accept(message: BatchMessage): void {
    this.#accept(message);
    if (this.#failingSinceUs !== null) return;
    if (this.#writer.isDue && this.#isMuch(message.worker)) this.#planNow();
    else if (this.#planned === "idle") this.#planFlush();
  }

  /** More than is to wait for the timer, of all ingest workers or of this one. */
  #isMuch(worker: number): boolean {
    const { flushBatches, flushBatchesOfWorker } = this.#options;
    const { pendingBatches } = this.#writer;
    if (pendingBatches >= flushBatches) return true;
    return (
      pendingBatches >= flushBatchesOfWorker && this.#writer.pendingBatchesOf(worker) >= flushBatchesOfWorker
    );
  }

  /** What the merger's thread has brought. */
  merged(report: MergeReport): void {
    this.#merges.handle(report);
  }

  mergerEnded(error: unknown): void {
    this.#merges.ended(error);
  }

  #beginMerge(): MergeTask | null {
    if (this.#closeByMs !== null || this.#failingSinceUs !== null) return null;
    if (this.#isBehind && this.#writer.merging.figures.unmergedSegments < MOST_PUT_OFF) return null;
    return this.#writer.beginMerge();
  }

  /** Write what waits, however long it has waited, bring the tables up to date and end. */
  close(): void {
    for (const message of this.#host.drain()) this.#accept(message);
    this.#closeByMs = this.#host.clock.monotonicMs() + this.#options.closeTimeoutMs;
    this.#tick();
  }

  #accept(message: BatchMessage): void {
    this.#heard.accepted(message);
    this.#writer.accept(message);
  }

  #planFlush(): void {
    this.#schedule(this.#options.flushMs);
    this.#planned = "flush";
  }

  #planNow(): void {
    // a timer set anew with every batch would wait for a pause between them
    if (this.#planned === "flush-now") return;
    this.#schedule(0);
    this.#planned = "flush-now";
  }

  #schedule(delayMs: number): void {
    this.#planned = "idle";
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#tick(), delayMs);
  }

  #tick(): void {
    clearTimeout(this.#timer);
    this.#planned = "idle";
    try {
      this.#flush();
      if (this.#closeByMs !== null && this.#mayEnd(this.#closeByMs)) this.#end();
    } catch (error) {
      this.#fatal(error);
    }
  }

  #flush(): void {
    const beganMs = this.#host.clock.monotonicMs();
    const beganUs = this.#host.clock.wallUs();
    const outcome = this.#writer.flush();
    this.#noteHeard(outcome, beganMs, beganUs);
    if (outcome.outcome === "idle") {
      this.#isBehind = false;
      this.#failingSinceUs = null;
      this.#merges.step();
      this.#host.post({ type: "idle", figures: this.#figures() });
      this.#schedule(IDLE_MS);
    } else if (outcome.outcome === "failed") this.#failed(outcome.error);
    else {
      this.#commitMs += this.#host.clock.monotonicMs() - beganMs;
      this.#succeeded(outcome);
    }
  }

  /** A commit may take seconds: what comes meanwhile is in the next one. */
  #noteHeard(flushed: FlushOutcome, beganMs: number, beganUs: number): void {
    const committed = flushed.outcome === "committed" ? flushed.messages : [];
    const shown = flushed.outcome === "failed" ? null : committed;
    const untilMs = this.#heard.flushed(shown, beganMs, (worker) => this.#writer.pendingBatchesOf(worker));
    this.#heardUntilUs = Math.floor(beganUs - (beganMs - untilMs) * 1000);
  }

  #succeeded({ change, gapOps, messages }: Extract<FlushOutcome, { outcome: "committed" }>): void {
    this.#commits++;
    this.#failingSinceUs = null;
    const waited = messages.length + this.#writer.pendingBatches;
    this.#isBehind = waited > BEHIND * this.#options.flushBatches;
    for (const { worker, number } of messages) this.#committed[worker] = number;
    this.#inTables.committed(messages, this.#writer.flushNumber);
    for (const { worker, buffer } of messages) {
      this.#host.giveBack(worker, { buffer, committed: this.#committed[worker]! });
    }
    for (const [worker, inTables] of this.#inTables.advanced(this.#writer.replayFrom))
      this.#host.tablesReached(worker, { inTables });
    const figures = this.#figures();
    const rows = change?.rows.buffer;
    const transfer = rows === undefined ? [gapOps.buffer] : [gapOps.buffer, rows];
    this.#host.post({ type: "committed", change, gapOps, figures }, transfer as ArrayBuffer[]);
    this.#merges.step();
    if (this.#writer.isDue) this.#planNow();
    else if (this.#writer.pendingBatches > 0) this.#planFlush();
    else this.#schedule(messages.length === 0 ? TIDY_MS : IDLE_MS);
  }

  #failed(error: unknown): void {
    this.#failures++;
    this.#failingSinceUs ??= this.#host.clock.wallUs();
    this.#lastError = `${messageOf(error)} (${codeOf(error) ?? "no code"})`;
    const accepted = this.#writer.takeAccepted();
    this.#host.post({ type: "failing", accepted, figures: this.#figures() });
    this.#schedule(RETRY_MS);
  }

  #mayEnd(closeByMs: number): boolean {
    // nobody completes any more what is only partly here
    return !this.#writer.isDue || this.#host.clock.monotonicMs() >= closeByMs;
  }

  #end(): void {
    clearTimeout(this.#timer);
    this.#host.post({ type: "saved", unsavedBatches: this.#writer.pendingBatches });
    this.#writer.close();
    // with what became of the last merges
    this.#host.post({ type: "closed", figures: this.#figures() });
    this.#host.ended();
  }

  #fatal(error: unknown): void {
    clearTimeout(this.#timer);
    this.#host.post({
      type: "fatal",
      code: codeOf(error) ?? "ERR_INTERNAL",
      message: messageOf(error),
      stack: error instanceof Error ? (error.stack ?? "") : "",
    });
    this.#host.ended();
  }

  #figures(): WriterFigures {
    const { segments, readings } = this.#writer.stored;
    const { merges, unmergedSegments, unmergedReadings } = this.#writer.merging.figures;
    return {
      commits: this.#commits,
      commitFailures: this.#failures,
      commitSeconds: this.#commitMs / 1000,
      pendingBatches: this.#writer.pendingBatches,
      heardUntilUs: this.#heardUntilUs,
      failingSinceUs: this.#failingSinceUs,
      lastError: this.#lastError,
      segments,
      readingsStored: readings,
      merges,
      unmergedSegments,
      unmergedReadings,
      leftOutNames: this.#writer.leftOutNames,
      mergeError: this.#writer.merging.error,
      damage: this.#writer.damage,
      bytesWithoutReadings: this.#writer.bytesWithoutReadings,
      flushedBytes: this.#writer.merging.flushedBytes,
      writtenBytes: this.#host.writtenBytes(),
    };
  }
}
