import { CAUSES } from "../../../protocol/ledger-row.ts";
import { normalise, type Range } from "../../../protocol/ranges.ts";
import type { NaiveFilled, NaiveGap, NaiveRun } from "../naive-ledger/run.ts";
import { type GapRowText, gapRowText } from "./gap-tables.ts";

type Row = Parameters<typeof gapRowText>[0];

/** R13: the rows a run has, made from what is known of each of its numbers. */
export const gapRowsOf = (run: NaiveRun): GapRowText[] =>
  [...[...run.foldedGaps, ...run.gaps].map(rowOfGap), ...rowsOfFilled(run.filled)]
    .sort((a, b) => a.first - b.first)
    .map(gapRowText);

/** Design §11: the numbers that are here, as ranges. */
export const receivedOf = (run: NaiveRun): Range[] =>
  normalise(Array.from(run.received, (number): Range => [number, number]));

const rowOfGap = ({ first, last, state, cause, openedAtUs, closedAtUs, requests }: NaiveGap): Row => ({
  first,
  last,
  state,
  cause: state === "open" ? null : CAUSES[cause]!,
  openedAtUs,
  closedAtUs: state === "open" ? null : closedAtUs,
  filledAtUs: null,
  arrival: null,
  requests,
});

const arrivalOf = ({ lostAtUs, requests }: NaiveFilled): string => {
  if (requests > 0) return "recovered";
  return lostAtUs === undefined ? "reordered" : "late";
};

/** Neighbours with one history are one row. */
const rowsOfFilled = (filled: ReadonlyMap<number, NaiveFilled>): Row[] => {
  const rows: Row[] = [];
  let before: NaiveFilled | undefined;
  for (const [number, each] of [...filled].sort(([a], [b]) => a - b)) {
    const { cause, openedAtUs, lostAtUs, filledAtUs, requests } = each;
    const row = rows.at(-1);
    const isSame =
      row?.last === number - 1 &&
      before?.cause === cause &&
      before.openedAtUs === openedAtUs &&
      before.lostAtUs === lostAtUs &&
      before.requests === requests;
    before = each;
    if (row !== undefined && isSame) {
      row.last = number;
      row.filledAtUs = Math.max(row.filledAtUs!, filledAtUs);
      row.closedAtUs = lostAtUs ?? row.filledAtUs;
      continue;
    }
    rows.push({
      first: number,
      last: number,
      state: "filled",
      cause: CAUSES[cause]!,
      openedAtUs,
      closedAtUs: lostAtUs ?? filledAtUs,
      filledAtUs,
      arrival: arrivalOf(each),
      requests,
    });
  }
  return rows;
};
