import type { JournalIndex } from "./journal-index.ts";
import { LedgerState } from "./ledger-state.ts";
import { TableLoader } from "./load-tables.ts";
import type { Sqlite } from "./open.ts";
import { replay, replayOf } from "./replay.ts";
import { readStateRow } from "./state-row.ts";

/**
 * The ledger as of the last commit: the tables, then what the journal says they have not caught up with. Call it inside one read
 * transaction.
 * @param only - id or number of the one device to load; undefined = all
 * @param index - of a connection that loads single devices: the records of others are left out
 */
export const loadLedger = (db: Sqlite, only?: string | number, index?: JournalIndex): LedgerState => {
  const state = new LedgerState();
  new TableLoader(db, state, only).load();
  const { lastFlush, replayFrom, committedAtUs } = readStateRow(db);
  if (only === undefined || index === undefined) replay(db, state, replayFrom, only);
  else replayOf(db, state, replayFrom, only, index);
  state.latest.takeChanged();
  state.flush = lastFlush;
  state.asOfUs = committedAtUs;
  // until the collector says when it began to listen
  if (committedAtUs > 0) state.down = { fromUs: committedAtUs, toUs: Number.POSITIVE_INFINITY };
  return state;
};

/**
 * One device as far as its runs of one epoch go: it may have thousands of others. Runs of other epochs are in it where the tables do not have them yet;
 * what it has of channels and newest values is not all there is.
 */
export const loadEpochRuns = (
  db: Sqlite,
  device: number,
  epoch: number | null,
  index: JournalIndex,
): LedgerState => {
  const state = new LedgerState();
  new TableLoader(db, state, device, epoch).loadRuns();
  replayOf(db, state, readStateRow(db).replayFrom, device, index);
  return state;
};
