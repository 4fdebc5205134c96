import type { FleetCounters } from "../protocol/batch.ts";
import type { LedgerChange } from "./change.ts";
import type { EventNote } from "./gather.ts";
import type { LedgerState } from "./ledger-state.ts";
import { STATE_COLUMNS, type StateRow } from "./load.ts";
import type { Sqlite, Statement } from "./open.ts";
import { FORGOTTEN_COLUMNS } from "./schema/columns.ts";

/** The writer's plain statements, prepared once. */
export class FlushStatements {
  readonly #journal: Statement;
  readonly #newest: Statement;
  readonly #pruneJournal: Statement;
  readonly #event: Statement;
  readonly #forgotten: Statement;

  constructor(db: Sqlite) {
    const columns = Object.entries({ ...STATE_COLUMNS, fleet: "fleet" });
    this.#journal = db.prepare(
      `INSERT INTO journal (flush, changes, ${columns.map(([, column]) => column).join(", ")})
       VALUES (@lastFlush, @changes, ${columns.map(([field]) => `@${field}`).join(", ")})`,
    );
    // what no replay will read need not stay: after many new devices it is megabytes
    this.#newest = db.prepare(
      `UPDATE journal SET ${columns.map(([field, column]) => `${column} = @${field}`).join(", ")},
         changes = iif(@replayFrom > @lastFlush, x'', changes)
       WHERE flush = @lastFlush`,
    );
    this.#pruneJournal = db.prepare("DELETE FROM journal WHERE flush < ?");
    this.#event = db.prepare(
      "INSERT INTO events (at, kind, device_no, device, detail) VALUES (?, ?, ?, ?, ?)",
    );
    this.#forgotten = db.prepare(
      `UPDATE forgotten SET devices = ?, ${FORGOTTEN_COLUMNS.map((column) => `${column} = ?`).join(", ")}, as_of = ?`,
    );
  }

  /** A new flush, what it changed, and where it leaves the collector. */
  insertFlush(row: StateRow, fleet: FleetCounters, changes: Uint8Array): void {
    this.#journal.run({ ...row, fleet: JSON.stringify(fleet), changes });
    this.#prune(row);
  }

  /** Where the collector stands now, the newest flush being the one it was. */
  updateState(row: StateRow, fleet: FleetCounters): void {
    this.#newest.run({ ...row, fleet: JSON.stringify(fleet) });
    this.#prune(row);
  }

  /** Delete what no replay will ask for again, but for the newest row. */
  #prune({ replayFrom, lastFlush }: StateRow): void {
    this.#pruneJournal.run(Math.min(replayFrom, lastFlush));
  }

  /** @param idOf - id of a device that may have been made in this very flush */
  insertEvents(events: readonly EventNote[], idOf: (device: number) => string | null): void {
    for (const { at, kind, device, detail } of events) {
      this.#event.run(at, kind, device, device === null ? null : idOf(device), JSON.stringify(detail));
    }
  }

  /** The forgotten row, as it will be once `change` is applied. */
  updateForgotten(state: LedgerState, change: LedgerChange): void {
    const after = state.forgottenAfter(change);
    this.#forgotten.run(after.devices, ...after.sums.toColumns(), change.flush);
  }
}
