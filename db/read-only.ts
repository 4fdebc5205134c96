import { systemClock } from "../common/clock.ts";
import { orDamaged } from "./file/damage.ts";
import { openForReading } from "./file/open.ts";
import { type QueryLimits, UNLIMITED } from "./query/query-budget.ts";
import { type AnswerTexts, NO_TEXTS } from "./readers/answer-texts.ts";
import { Queries, type QueryAnswers } from "./readers/queries.ts";
import { type Ask, Reader } from "./readers/reader.ts";
import { loadLedger } from "./tables/load.ts";
import { lostSegments } from "./tables/lost-segments.ts";
import { LedgerView } from "./view/ledger-view.ts";

/** A database as it was at one instant, for `lacuna audit --db`: nothing is written, nothing locked. */
export interface ReadOnlyStore {
  readonly view: LedgerView;
  readonly reader: Reader;
  /** what is gone of it, as a sentence; null where nothing is */
  readonly lost: string | null;
  close(): void;
}

/**
 * Read a database, also one a collector is writing to: ledger and queries are of one and the same snapshot until `close`.
 * @param options.texts - who writes answers as text; default: nobody, only rows are asked for
 * @throws LacunaError `ERR_DATABASE_OPEN`, `ERR_DATABASE_FOREIGN`, `ERR_DATABASE_FROM_FUTURE`, `ERR_DATABASE_OUTDATED`, `ERR_DATABASE_DAMAGED` or `ERR_DATABASE_UNREADABLE` (later calls too)
 */
export const openReadOnly = (
  file: string,
  { texts = NO_TEXTS, limits = UNLIMITED }: { texts?: AnswerTexts; limits?: QueryLimits } = {},
): ReadOnlyStore => {
  const db = openForReading(file);
  try {
    // the snapshot begins with the first read and lasts until the connection is closed
    db.exec("BEGIN");
    const state = loadLedger(db);
    const view = new LedgerView(state);
    const queries = new Queries(db, texts, systemClock.monotonicMs);
    const ask: Ask = async (query) => {
      try {
        return queries.answer(query, limits) as QueryAnswers[typeof query.kind];
      } catch (error) {
        throw orDamaged(file, error);
      }
    };
    const lost = lostSegments(db, state);
    return { view, reader: new Reader(view, ask), lost, close: () => db.close() };
  } catch (error) {
    db.close();
    throw orDamaged(file, error);
  }
};
