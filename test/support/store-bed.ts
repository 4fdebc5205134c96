import { copyFileSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { LedgerView } from "../../db/view/ledger-view.ts";
import { LedgerView as View } from "../../db/view/ledger-view.ts";
import { Writer, type WriterOptions } from "../../db/writer/writer.ts";
import { ManualClock } from "./manual-clock.ts";

/** A directory for database files that is removed at the end of the test. */
export class StoreBed implements Disposable {
  readonly directory = mkdtempSync(join(tmpdir(), "lacuna-db-"));
  readonly clock = new ManualClock();
  readonly #open: { close(): void }[] = [];
  #copies = 0;

  get file(): string {
    return join(this.directory, "lacuna.db");
  }

  writer(options: Partial<WriterOptions> = {}): Writer {
    return new Writer({
      file: this.file,
      clock: this.clock,
      retentionMs: null,
      maxBytes: null,
      // tables follow at once: the clock stands still
      checkpointLagMs: 0,
      ...options,
    });
  }

  /** What a crash at this moment leaves behind: the files as they are, in a directory of their own. @returns the copied database */
  copy(file = this.file): string {
    const copy = join(this.directory, `copy-${this.#copies++}.db`);
    for (const suffix of ["", "-wal"]) {
      if (existsSync(file + suffix)) copyFileSync(file + suffix, copy + suffix);
    }
    return copy;
  }

  /** Closed at the end of the test, also when it failed. */
  closing<T extends { close(): void }>(thing: T): T {
    this.#open.push(thing);
    return thing;
  }

  [Symbol.dispose](): void {
    for (const thing of this.#open.reverse()) thing.close();
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** Everything a ledger view shows, as plain data in a fixed order. */
export const dumpView = (view: LedgerView): unknown => ({
  fleet: view.fleet(),
  forgotten: view.forgotten(),
  devices: [...view.deviceIds()].sort().map((id) => {
    const device = view.device(id)!;
    return {
      id,
      number: device.number,
      source: device.source,
      // `changed` is a bound: tables that followed later say a later flush
      runs: device.runs.map(({ changed: _, ...run }) => ({ ...run, row: [...run.row] })),
      channels: device.channels,
      descriptions: [...new Set(device.runs.map(({ epoch }) => epoch))]
        .flatMap((epoch) =>
          device.namesIn(epoch ?? -1).map(({ channel, name, unit }) => `${epoch} ${channel} ${name} ${unit}`),
        )
        .sort(),
      latest: device.latest.sort((a, b) => (a.name < b.name ? -1 : 1)),
    };
  }),
});

export const viewOf = (writer: Writer): LedgerView => new View(writer.state);
