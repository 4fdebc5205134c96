import type { Sqlite } from "../file/open.ts";
import type { LedgerState } from "../view/ledger-state.ts";

/**
 * Rows of segments that are gone (a disk that did not write a page, a file that was cut) leave no other trace: there would be fewer readings than the
 * ledger says, without a word.
 * @param state - the ledger of the same snapshot
 * @returns a sentence; null where nothing is gone. Datagrams without numbers, of which nobody knows how many there should be, may hide some
 */
export const lostSegments = (db: Sqlite, { sums }: LedgerState): string | null => {
  // total() and the cast take whatever a damaged row has
  const held = db.prepare("SELECT CAST(total(datagrams) AS INTEGER) FROM segments").pluck().get() as number;
  const { stored } = sums.counts();
  const gone = BigInt(stored) - BigInt(held);
  return gone > 0n
    ? `of the ${stored} numbers that the ledger calls stored, ${gone} are in no segment`
    : null;
};
