import { BatchPool } from "../../../collector/batch/batch-pool.ts";
import { Ingest } from "../../../collector/ingest/ingest.ts";
import { DEFAULT_TRACKER_SETTINGS } from "../../../collector/ingest/tracker-settings.ts";
import { countsOf } from "../../../collector/status/counters.ts";
import type { TrackerOptions } from "../../../collector/tracker/types.ts";
import { type Archive, openArchive } from "../../../db/restore/archive.ts";
import { BatchesInTables } from "../../../db/writer/batches-in-tables.ts";
import type { Writer, WriterOptions } from "../../../db/writer/writer.ts";
import type { BatchMessage, Note } from "../../../protocol/batch.ts";
import { DEVICE_STATUSES } from "../../../protocol/device-status.ts";
import { unpackNotes } from "../../../protocol/packed-notes.ts";
import { dumpView, type StoreBed, viewOf } from "../store-bed.ts";

const STATUSES: readonly string[] = DEVICE_STATUSES;

/** Ingest, writer and archive on files of their own, on one thread and by hand-driven clocks: what is sent is committed with the next flush, the tables follow as they do. */
export class StoredIngest implements Disposable {
  /** devices and epochs that were read back */
  readBack = 0;
  /** what was told, but for the status of devices: of one that is not in memory nothing is told (docs/ledger.md, "Status") */
  readonly events: Note[] = [];
  readonly #bed: StoreBed;
  readonly #tracker: TrackerOptions;
  readonly #writerOptions: Partial<WriterOptions>;
  #file: string;
  #writer!: Writer;
  #archive!: Archive;
  #ingest!: Ingest;
  #inTables!: BatchesInTables;
  #isOpen = false;

  /** @param tracker - with `maxClosedRuns` what is beyond the bounds leaves the memory and is read back; else nothing leaves it */
  constructor(
    bed: StoreBed,
    name: string,
    tracker: Partial<TrackerOptions>,
    writer: Partial<WriterOptions> = {},
  ) {
    this.#bed = bed;
    this.#tracker = { ...DEFAULT_TRACKER_SETTINGS, maxClosedRuns: Number.POSITIVE_INFINITY, ...tracker };
    this.#writerOptions = writer;
    this.#file = `${bed.directory}/${name}.db`;
    this.start();
  }

  start(): void {
    const { clock } = this.#bed;
    this.#writer = this.#bed.writer({ ...this.#writerOptions, file: this.#file });
    this.#archive = openArchive({ file: this.#file, hasHistory: this.#writer.hasHistory });
    this.#isOpen = true;
    this.#inTables = new BatchesInTables();
    const hasArchive = this.#tracker.maxClosedRuns !== Number.POSITIVE_INFINITY;
    this.#ingest = new Ingest({
      formats: ["auto"],
      pool: new BatchPool(),
      restored: this.#archive.restored(this.#tracker.maxDevices),
      batchMs: 100,
      send: (message) => this.#take(message),
      onError: (_reason, error) => {
        throw error;
      },
      tracker: hasArchive ? { ...this.#tracker, archive: this.#counting(this.#archive) } : this.#tracker,
    });
    this.#ingest.start(clock.monotonicMs(), clock.wallUs(), this.#ingest.restore());
  }

  receive(text: string, port: number): void {
    const bytes = new TextEncoder().encode(text);
    const view = new DataView(bytes.buffer);
    const { clock } = this.#bed;
    const [wallUs, nowMs] = [clock.wallUs(), clock.monotonicMs()];
    this.#ingest.receive(0, bytes, view, 0, bytes.length, "10.0.0.1", port, wallUs, nowMs);
  }

  /** The sockets are read empty, and what came of it is committed. */
  tick(): void {
    const { clock } = this.#bed;
    const nowMs = clock.monotonicMs();
    while (this.#ingest.tick(nowMs, nowMs, clock.wallUs()));
    this.#flush();
  }

  /** Orderly: the tables are complete then. */
  stop(): void {
    this.#ingest.stop(this.#bed.clock.monotonicMs(), this.#bed.clock.wallUs());
    this.#commitAll();
    this.#close();
  }

  /** It dies, with all committed and the tables behind. */
  crash(): void {
    this.#commitAll();
    const copy = this.#bed.copy(this.#file);
    this.#close();
    this.#file = copy;
  }

  /** All that is known of the fleet. */
  dump(): unknown {
    return dumpView(viewOf(this.#writer));
  }

  [Symbol.dispose](): void {
    if (this.#isOpen) this.#close();
  }

  /** No device was refused since the start. */
  get hadRoom(): boolean {
    return countsOf(this.#ingest.counters[0]!).rejected["device-limit"] === undefined;
  }

  #close(): void {
    this.#isOpen = false;
    this.#archive.close();
    this.#writer.close();
  }

  #take(message: BatchMessage): void {
    for (const note of unpackNotes(message.notes))
      if (note.note === "event" && !STATUSES.includes(note.kind)) this.events.push(note);
    this.#writer.accept(message);
  }

  #commitAll(): void {
    while (!this.#ingest.flushAll(this.#bed.clock.monotonicMs())) this.#flush();
    this.#flush();
  }

  #flush(): void {
    const outcome = this.#writer.flush();
    if (outcome.outcome === "failed") throw outcome.error;
    if (outcome.outcome === "idle") return;
    const { messages } = outcome;
    this.#inTables.committed(messages, this.#writer.flushNumber);
    for (const { buffer, number } of messages) this.#ingest.takeBack({ buffer, committed: number });
    for (const [, inTables] of this.#inTables.advanced(this.#writer.replayFrom))
      this.#ingest.tablesReached({ inTables });
    if (this.#writer.isDue) this.#flush();
  }

  #counting(archive: Archive): Archive {
    const count = <T>(found: T): T => {
      this.readBack++;
      return found;
    };
    return {
      ...archive,
      load: (id) => count(archive.load(id)),
      loadEpoch: (device, epoch) => count(archive.loadEpoch(device, epoch)),
    };
  }
}
