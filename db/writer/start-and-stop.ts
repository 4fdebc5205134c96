import type { Clock } from "../../common/clock.ts";
import { withoutHeld } from "../../protocol/fleet-counters.ts";
import { DamagedRemovalError } from "../file/removals.ts";
import type { StateRow } from "../tables/state-row.ts";
import type { WriterParts } from "./writer-parts.ts";

/** a stop goes on merging at most that long */
const STOP_MERGE_MS = 3000;
const CHECKPOINT_ROWS_AT_ONCE = 20_000;

/** Tables complete, a held datagram of a crashed process decided, the start noted. @returns the state row now */
export function startTables(parts: WriterParts, before: StateRow, clock: Clock): StateRow {
  const { state, statements, checkpoint } = parts;
  checkpoint.changedByReplay(before.replayFrom);
  const complete = completeTables(parts, before);
  const fleet = withoutHeld(state.fleet);
  const row = { ...complete, startedAtUs: clock.wallUs(), stoppedAtUs: null };
  statements.updateState(before, row, fleet);
  state.fleet = fleet;
  return row;
}

/** Tables complete, the stop noted; then, which a full disk may have no room for, what there is time for merged, and room given back. */
export function stopTables(parts: WriterParts, before: StateRow, clock: Clock): void {
  const complete = completeTables(parts, before);
  const stopped = { ...complete, stoppedAtUs: clock.wallUs() };
  parts.statements.updateState(before, stopped, parts.state.fleet);
  mergeRest(parts, stopped, clock);
  tidy(parts);
  parts.db.pragma("wal_checkpoint(TRUNCATE)");
}

/**
 * Bring the tables for people up to date with all that is committed. They may be so already, where a start or a stop begins anew for want of room: a replay
 * must not begin where it did before either, as changes that none needs are emptied.
 * @returns the state row now
 */
function completeTables({ db, state, statements, checkpoint }: WriterParts, before: StateRow): StateRow {
  let row = before;
  while (checkpoint.waiting > 0) {
    const next = { ...row };
    db.transaction(() => {
      checkpoint.writeRows(CHECKPOINT_ROWS_AT_ONCE);
      next.replayFrom = checkpoint.replayFrom(before.lastFlush + 1);
      statements.updateState(row, next, state.fleet);
    }).immediate();
    row = next;
    checkpoint.settle();
  }
  return { ...row, replayFrom: checkpoint.replayFrom(before.lastFlush + 1) };
}

/** Merge the last flushes. What there is no time for waits for the next start. */
function mergeRest({ merging }: WriterParts, row: StateRow, clock: Clock): void {
  const endMs = clock.monotonicMs() + STOP_MERGE_MS;
  try {
    merging.finish(row.replayFrom, () => clock.monotonicMs() >= endMs);
  } catch (error) {
    // the segments stay as they are
    merging.failed(error);
  }
}

/** Give back what is free, or is so once it is swept. */
function tidy(parts: WriterParts): void {
  const { db, merging, freePages } = parts;
  try {
    while (merging.hasLeftovers) db.transaction(() => merging.sweep()).immediate();
    freePages.giveBackAll();
  } catch (error) {
    if (!(error instanceof DamagedRemovalError)) throw error;
    tidy(parts);
  }
}
