import type { FleetCounters } from "../protocol/batch.ts";
import type { LedgerChange } from "./change.ts";
import type { EventNote } from "./gather.ts";
import type { LedgerState } from "./ledger-state.ts";
import type { StateRow } from "./load.ts";
import type { Sqlite, Statement } from "./open.ts";
import { FORGOTTEN_COLUMNS } from "./schema/columns.ts";

/** The writer's plain statements, prepared once. */
export class FlushStatements {
  readonly #journal: Statement;
  readonly #pruneJournal: Statement;
  readonly #event: Statement;
  readonly #fleet: Statement;
  readonly #forgotten: Statement;
  readonly #state: Statement;

  constructor(db: Sqlite) {
    this.#journal = db.prepare("INSERT INTO journal VALUES (?, ?)");
    this.#pruneJournal = db.prepare("DELETE FROM journal WHERE flush < ?");
    this.#event = db.prepare(
      "INSERT INTO events (at, kind, device_no, device, detail) VALUES (?, ?, ?, ?, ?)",
    );
    this.#fleet = db.prepare("INSERT OR REPLACE INTO fleet VALUES (?, ?, ?)");
    this.#forgotten = db.prepare(
      `UPDATE forgotten SET devices = ?, ${FORGOTTEN_COLUMNS.map((column) => `${column} = ?`).join(", ")}, as_of = ?`,
    );
    this.#state = db.prepare(
      `UPDATE state SET last_flush = @lastFlush, replay_from = @replayFrom, next_device = @nextDevice, next_run = @nextRun,
         committed_at = @committedAtUs, started_at = @startedAtUs, stopped_at = @stoppedAtUs`,
    );
  }

  insertJournal(flush: number, record: Uint8Array): void {
    this.#journal.run(flush, record);
  }

  /** Delete what no replay will ask for again. */
  pruneJournal(replayFrom: number): void {
    this.#pruneJournal.run(replayFrom);
  }

  /** @param idOf - id of a device that may have been made in this very flush */
  insertEvents(events: readonly EventNote[], idOf: (device: number) => string | null): void {
    for (const { at, kind, device, detail } of events) {
      this.#event.run(at, kind, device, device === null ? null : idOf(device), JSON.stringify(detail));
    }
  }

  /** Write the counters that differ. */
  updateFleet(former: FleetCounters, fleet: FleetCounters): void {
    for (const counter of ["datagrams", "control", "shed", "held"] as const) {
      if (former[counter] !== fleet[counter]) this.#fleet.run(counter, "", fleet[counter]);
    }
    for (const counter of ["rejected", "refusedReadings"] as const) {
      for (const [reason, count] of Object.entries(fleet[counter])) {
        if (former[counter][reason] !== count) this.#fleet.run(counter, reason, count);
      }
    }
  }

  /** The forgotten row, as it will be once `change` is applied. */
  updateForgotten(state: LedgerState, change: LedgerChange): void {
    const after = state.forgottenAfter(change);
    this.#forgotten.run(after.devices, ...after.sums.toColumns(), change.flush);
  }

  updateState(row: StateRow): void {
    this.#state.run(row);
  }
}
