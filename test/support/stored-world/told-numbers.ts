import type { GapState } from "../../../db/query-types.ts";
import { Batch, type BatchMessage, OP, OP_CODE, OP_FIELDS } from "../../../protocol/batch.ts";
import type { ArrivalBin } from "../../../protocol/gap-row.ts";
import { CAUSES, type Cause } from "../../../protocol/ledger-row.ts";

/** A number that was absent beyond its window once. */
export interface ToldNumber {
  state: GapState;
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
    for (let number = op[OP.FIRST]!; number <= op[OP.LAST]!; number++) {
      numbers.set(number, told(op, number, numbers.get(number)));
    }
  }
}

const told = (op: Float64Array, number: number, before: ToldNumber | undefined): ToldNumber => {
  const absent = { placeUs: placeOf(op, number), openedAt: op[OP.OPENED_AT]!, arrival: null };
  const closed = { openedAt: op[OP.OPENED_AT]!, closedAt: op[OP.AT]!, cause: CAUSES[op[OP.CAUSE]!]! };
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

const placeOf = (op: Float64Array, number: number): number => {
  const [first, last, timeAfter] = [op[OP.FIRST]!, op[OP.LAST]!, op[OP.TIME_AFTER]!];
  const before = op[OP.TIME_BEFORE]! || timeAfter || op[OP.OPENED_AT]!;
  const after = timeAfter || before;
  return before + ((after - before) * (number - first + 1)) / (last - first + 2);
};
