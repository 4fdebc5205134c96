import type { Sqlite } from "../file/open.ts";
import { LedgerState } from "../view/ledger-state.ts";
import { TableLoader } from "./load-tables.ts";
import { replay } from "./replay.ts";
import { readStateRow } from "./state-row.ts";

/**
 * The ledger as of the last commit: the tables, then what the journal says they have not caught up with. Call it inside one read
 * transaction.
 * @param only - id of the one device to load; undefined = all
 */
export const loadLedger = (db: Sqlite, only?: string): LedgerState => {
  const state = new LedgerState();
  new TableLoader(db, state, only).load();
  const { lastFlush, replayFrom, committedAtUs } = readStateRow(db);
  replay(db, state, replayFrom, only);
  state.latest.takeChanged();
  state.flush = lastFlush;
  state.asOfUs = committedAtUs;
  // until the collector says when it began to listen
  if (committedAtUs > 0) state.down = { fromUs: committedAtUs, toUs: Number.POSITIVE_INFINITY };
  return state;
};
