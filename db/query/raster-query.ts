import type { ArrivalBin } from "../../protocol/arrival-bin.ts";
import { CAUSES, type Cause } from "../../protocol/ledger-row.ts";
import type { Sqlite } from "../file/open.ts";
import { type OpenGap, openGapsOf } from "../gaps/open-gaps.ts";
import { ARRIVAL_SQL } from "../schema/expressions.ts";
import type { QueryBudget } from "./query-budget.ts";
import type { GapState, RasterBlock } from "./query-types.ts";

/** A stretch of one run to look at, both ends inclusive. */
export interface RasterSpan {
  run: number;
  first: number;
  last: number;
}

export interface RasterRequest {
  /** numbers per block; blocks begin at its multiples */
  size: number;
  spans: readonly RasterSpan[];
  /** most gap rows to read for one span, of closed ones and of open ones each */
  maxRows: number;
}

export interface RasterFound {
  /** blocks in which anything is or was absent, ascending */
  blocks: RasterBlock[];
  /** below it nothing can be said: retention has folded rows into counts, or the span had more rows than were allowed */
  exactFrom: number;
}

interface AbsentRow {
  first: number;
  last: number;
  state: GapState;
  cause: Cause | null;
  arrival: ArrivalBin | null;
}

// rows of a run never overlap, so at most one that begins before the span reaches into it
const CLOSED = `SELECT first, last, state, cause, ${ARRIVAL_SQL} AS arrival FROM gaps
  WHERE run_no = @run AND first <= @last AND last >= @first
    AND first >= ifnull((SELECT max(first) FROM gaps WHERE run_no = @run AND first <= @first), @first)
  ORDER BY first DESC LIMIT @limit`;

const FOLDED = "SELECT ifnull(max(last) + 1, 0) FROM folded_gaps WHERE run_no = ?";

type Bin = "missing" | ArrivalBin | Cause;

const binOf = ({ state, cause, arrival }: AbsentRow): Bin =>
  state === "open" ? "missing" : (arrival ?? cause ?? "undetermined");

const emptyBlock = (block: number): RasterBlock => ({
  block,
  missing: 0,
  recovered: 0,
  late: 0,
  causes: Object.fromEntries(CAUSES.map((cause) => [cause, 0])) as Record<Cause, number>,
});

const count = (block: RasterBlock, bin: Bin, numbers: number): void => {
  if (bin === "missing" || bin === "recovered" || bin === "late") block[bin] += numbers;
  else if (bin !== "reordered") block.causes[bin] += numbers;
};

const fold = (rows: readonly AbsentRow[], span: RasterSpan, size: number): RasterBlock[] => {
  const blocks = new Map<number, RasterBlock>();
  for (const row of rows) {
    const bin = binOf(row);
    let from = Math.max(row.first, span.first);
    const last = Math.min(row.last, span.last);
    while (from <= last) {
      const number = Math.floor(from / size);
      const to = Math.min(last, (number + 1) * size - 1);
      const block = blocks.get(number) ?? emptyBlock(number);
      blocks.set(number, block);
      count(block, bin, to - from + 1);
      from = to + 1;
    }
  }
  return [...blocks.values()].sort((a, b) => a.block - b.block);
};

/** From where on rows that were read newest first are all there are. */
const completeFrom = (rows: readonly AbsentRow[], span: RasterSpan, maxRows: number): number =>
  rows.length < maxRows ? span.first : Math.max(span.first, rows.at(-1)!.first);

/** The open gaps of a run that reach into the span, newest first. */
const openWithin = (gaps: readonly OpenGap[], span: RasterSpan): AbsentRow[] =>
  gaps
    .filter(({ first, last }) => first <= span.last && last >= span.first)
    .map(({ first, last }): AbsentRow => ({ first, last, state: "open", cause: null, arrival: null }))
    .reverse();

/**
 * Absent and late numbers of each span by blocks of numbers, newest rows first until `maxRows` closed and as many open ones.
 * @throws LacunaError `ERR_QUERY_TIMEOUT`
 */
export const queryRaster = (
  db: Sqlite,
  { size, spans, maxRows }: RasterRequest,
  budget: Pick<QueryBudget, "checkTime">,
): RasterFound[] => {
  const closed = db.prepare(CLOSED);
  const openOf = openGapsOf(db);
  const folded = db.prepare(FOLDED).pluck();
  return spans.map((span) => {
    // devices that restart often have a span for each block
    budget.checkTime();
    const closedRows = closed.all({ ...span, limit: maxRows }) as AbsentRow[];
    const openRows = openWithin(openOf(span.run), span).slice(0, maxRows);
    // numbers of a row that is gone, lost or filled, would be shown as if they had come in order
    const exactFrom = Math.max(
      completeFrom(closedRows, span, maxRows),
      completeFrom(openRows, span, maxRows),
      folded.get(span.run) as number,
    );
    return {
      blocks: fold(
        [...closedRows, ...openRows].filter(({ last }) => last >= exactFrom),
        { ...span, first: Math.max(span.first, exactFrom) },
        size,
      ),
      exactFrom,
    };
  });
};
