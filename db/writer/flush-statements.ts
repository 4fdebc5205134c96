import type { FleetCounters } from "../../protocol/fleet-counters.ts";
import type { Sqlite, Statement } from "../file/open.ts";
import { FORGOTTEN_COLUMNS } from "../schema/columns.ts";
import { STATE_COLUMNS, type StateRow } from "../tables/state-row.ts";
import type { EventNote, LedgerChange } from "../view/change.ts";
import type { LedgerState } from "../view/ledger-state.ts";
import { forgottenAfter } from "./forgotten-after.ts";
import type { FlushedSegment } from "./segment-writer.ts";

/** Changes that no replay needs go with their segment; more than that, as many new devices leave behind, is worth writing its row again. */
const MANY_CHANGES_BYTES = 32 * 1024;
const SEGMENT_COLUMNS = {
  runs: "runs",
  datagrams: "datagrams",
  readings: "readings",
  firstTimeUs: "first_time",
  lastTimeUs: "last_time",
  firstReadingTimeUs: "first_reading_time",
  lastReadingTimeUs: "last_reading_time",
  firstArrivalUs: "first_arrival",
  lastArrivalUs: "last_arrival",
  bytes: "bytes",
  directory: "directory",
  data: "data",
} as const satisfies Record<keyof FlushedSegment, string>;

/** The writer's plain statements, prepared once. */
export class FlushStatements {
  readonly #flush: Statement;
  readonly #newest: Statement;
  readonly #emptyChanges: Statement;
  readonly #prune: Statement;
  readonly #event: Statement;
  readonly #forgotten: Statement;

  constructor(db: Sqlite) {
    const standing = { ...STATE_COLUMNS, fleet: "fleet" };
    const columns = { lastFlush: "flush", ...standing, ...SEGMENT_COLUMNS, changes: "changes" };
    const fields = Object.keys(columns).map((field) => `@${field}`);
    this.#flush = db.prepare(
      `INSERT INTO flushes (${Object.values(columns).join(", ")}) VALUES (${fields.join(", ")})`,
    );
    this.#newest = db.prepare(
      `UPDATE flushes SET ${Object.entries(standing)
        .map(([field, column]) => `${column} = @${field}`)
        .join(", ")} WHERE flush = @lastFlush`,
    );
    this.#emptyChanges = db.prepare(
      "UPDATE flushes SET changes = x'' WHERE flush < ? AND length(changes) > ?",
    );
    this.#prune = db.prepare("DELETE FROM flushes WHERE flush >= ? AND flush < ? AND datagrams = 0");
    this.#event = db.prepare(
      "INSERT INTO events (at, kind, device_no, device, detail) VALUES (?, ?, ?, ?, ?)",
    );
    this.#forgotten = db.prepare(
      `UPDATE forgotten SET devices = ?, ${FORGOTTEN_COLUMNS.map((column) => `${column} = ?`).join(", ")}, as_of = ?`,
    );
  }

  /** A new flush: where it leaves the collector, the segment it brings, what it changes. */
  insertFlush(row: StateRow, fleet: FleetCounters, segment: FlushedSegment, changes: Uint8Array): void {
    this.#flush.run({ ...row, ...segment, fleet: JSON.stringify(fleet), changes });
  }

  /** Where the collector stands now, the newest flush being the one it was. */
  updateState(before: StateRow, row: StateRow, fleet: FleetCounters): void {
    this.#newest.run({ ...row, fleet: JSON.stringify(fleet) });
    // nothing comes that would have them merged soon
    this.#emptyChanges.run(row.replayFrom, MANY_CHANGES_BYTES);
    this.prune(before, row);
  }

  /** Delete flushes without datagrams that no replay will ask for again, but for the newest. Those before `before` are gone already. */
  prune(before: StateRow, { replayFrom, lastFlush }: StateRow): void {
    this.#prune.run(Math.min(before.replayFrom, before.lastFlush), Math.min(replayFrom, lastFlush));
  }

  /** @param idOf - id of a device that may have been made in this very flush */
  insertEvents(events: readonly EventNote[], idOf: (device: number) => string | null): void {
    for (const { at, kind, device, detail } of events) {
      this.#event.run(at, kind, device, device === null ? null : idOf(device), JSON.stringify(detail));
    }
  }

  /** The forgotten row, as it will be once `change` is applied. */
  updateForgotten(state: LedgerState, change: LedgerChange): void {
    const after = forgottenAfter(state, change);
    this.#forgotten.run(after.devices, ...after.sums.toColumns(), change.flush);
  }
}
