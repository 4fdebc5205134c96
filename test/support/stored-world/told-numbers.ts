import type { GapState } from "../../../db/query/query-types.ts";
import type { ArrivalBin } from "../../../protocol/arrival-bin.ts";
import { Batch, type BatchMessage, OP, OP_CODE, OP_FIELDS } from "../../../protocol/batch.ts";
import { CAUSES, type Cause } from "../../../protocol/ledger-row.ts";

/** Consecutive absent numbers, and the times of their neighbours; 0 = unknown. */
interface Range {
  first: number;
  last: number;
  timeBefore: number;
  timeAfter: number;
}

/** A number that was absent beyond its window once. */
export interface ToldNumber {
  state: GapState;
  /** it is absent with these */
  range: Range;
  /** where it lies in time, microseconds: absent ones linearly between their neighbours (docs/api.md) */
  placeUs: number;
  cause: Cause | null;
  openedAt: number;
  closedAt: number | null;
  arrival: ArrivalBin | null;
}

const NOTHING: ReadonlyMap<number, ToldNumber> = new Map();

/** What batches said of absent numbers, kept number by number where the store keeps ranges. */
export class ToldNumbers {
  readonly #runs = new Map<number, Map<number, ToldNumber>>();

  /** number -> what was said of it last */
  of(run: number): ReadonlyMap<number, ToldNumber> {
    return this.#runs.get(run) ?? NOTHING;
  }

  read(buffer: BatchMessage["buffer"]): void {
    const { ops, opCount } = new Batch(buffer);
    for (let op = 0; op < opCount; op++) this.#apply(ops.subarray(op * OP_FIELDS, (op + 1) * OP_FIELDS));
  }

  #apply(op: Float64Array): void {
    const run = op[OP.RUN]!;
    const numbers = this.#runs.get(run) ?? new Map<number, ToldNumber>();
    this.#runs.set(run, numbers);
    if (op[OP.CODE] === OP_CODE.WINDOWS) {
      for (const [number, { state }] of numbers) if (state === "open") numbers.delete(number);
      return;
    }
    const range = rangeOf(op);
    for (let number = range.first; number <= range.last; number++) {
      if (op[OP.CODE] === OP_CODE.FILL_LOST) split(numbers, number, op[OP.TIME_BEFORE]!);
      numbers.set(number, told(op, range, number, numbers.get(number)));
    }
  }
}

/** A lost number came: it is the neighbour of those that were lost with it. */
const split = (numbers: Map<number, ToldNumber>, came: number, timeUs: number): void => {
  const { range } = numbers.get(came)!;
  const below = { ...range, last: came - 1, timeAfter: timeUs };
  const above = { ...range, first: came + 1, timeBefore: timeUs };
  for (const part of [below, above])
    for (let number = part.first; number <= part.last; number++) {
      const lost = numbers.get(number)!;
      numbers.set(number, { ...lost, range: part, placeUs: placeOf(part, number, lost.openedAt) });
    }
};

const told = (op: Float64Array, range: Range, number: number, before: ToldNumber | undefined): ToldNumber => {
  const openedAt = op[OP.OPENED_AT]!;
  const absent = { range, placeUs: placeOf(range, number, openedAt), openedAt, arrival: null };
  const closed = { range, openedAt, closedAt: op[OP.AT]!, cause: CAUSES[op[OP.CAUSE]!]! };
  switch (op[OP.CODE]) {
    case OP_CODE.OPEN:
      return { ...absent, state: "open", cause: null, closedAt: null };
    case OP_CODE.LOST:
      return { ...absent, ...closed, state: "lost" };
    case OP_CODE.FILL_LOST:
      return { ...before!, state: "filled", placeUs: op[OP.TIME_BEFORE]!, arrival: "late" };
    default: {
      const arrival = op[OP.REQUESTS]! > 0 ? "recovered" : "reordered";
      return { ...closed, state: "filled", placeUs: op[OP.TIME_BEFORE]!, arrival };
    }
  }
};

const rangeOf = (op: Float64Array): Range => ({
  first: op[OP.FIRST]!,
  last: op[OP.LAST]!,
  timeBefore: op[OP.TIME_BEFORE]!,
  timeAfter: op[OP.TIME_AFTER]!,
});

const placeOf = ({ first, last, timeBefore, timeAfter }: Range, number: number, openedAt: number): number => {
  const before = timeBefore || timeAfter || openedAt;
  const after = timeAfter || before;
  return before + ((after - before) * (number - first + 1)) / (last - first + 2);
};
