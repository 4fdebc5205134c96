import { join } from "node:path";
import { openForWriting } from "../../../db/file/open.ts";
import { GapStore } from "../../../db/gaps/gap-store.ts";
import { BATCH_OPS, Batch, OP_CODE, OP_FIELDS } from "../../../protocol/batch.ts";
import { breathe, temporaryFolder } from "../../support/temporary.ts";

/**
 * Milliseconds that the gaps of one flush take in the writer, committed, while devices lose: each run has so many open gaps, of which the
 * oldest ten are lost with every flush and ten new ones open.
 */
const RUNS = 1000;
const CHANGES = 10;
const ROUNDS = 9;
const START_US = 1_795_176_000_000_000;

/** Operations as the ingest worker puts them into its batches, in as many of them as they take. */
class Ops {
  readonly batches: Batch[] = [];

  add(...fields: number[]): void {
    const batch = this.#roomFor(1);
    batch.ops.set(fields, batch.opCount++ * OP_FIELDS);
  }

  /** The open gaps of a run, in one batch. */
  addWindows(run: number, gaps: readonly number[], roundUs: number): void {
    this.#roomFor(gaps.length + 1);
    this.add(OP_CODE.WINDOWS, run, 0, 0, 0, 0, 0, 0, 0, 0);
    for (const gap of gaps) this.add(OP_CODE.OPEN, run, gap, gap + (gap % 3), ...historyOf(gap, roundUs));
  }

  #roomFor(ops: number): Batch {
    const last = this.batches.at(-1);
    if (last !== undefined && last.opCount + ops <= BATCH_OPS) return last;
    const batch = new Batch();
    this.batches.push(batch);
    return batch;
  }
}

/** When it opened and was lost, its cause, times beside it and requests. */
const historyOf = (gap: number, closedAtUs: number): number[] => {
  const openedAt = START_US + gap * 997;
  return [openedAt, closedAtUs, 1, openedAt - 2900, openedAt - 180, gap % 4];
};

/** The operations of a flush: gaps are five numbers apart and open in their order. */
const opsOf = (round: number, open: number): Batch[] => {
  const ops = new Ops();
  const nowUs = START_US + round * 250_000;
  // they are lost as they opened, those of all runs in turn
  for (let change = 0; round > 0 && change < CHANGES; change++) {
    const gap = ((round - 1) * CHANGES + change) * 5;
    for (let run = 1; run <= RUNS; run++) {
      ops.add(OP_CODE.LOST, run, gap, gap + (gap % 3), ...historyOf(gap, nowUs));
    }
  }
  for (let run = 1; run <= RUNS; run++) {
    const gaps = Array.from({ length: open }, (_, index) => (round * CHANGES + index) * 5);
    ops.addWindows(run, gaps, nowUs);
  }
  return ops.batches;
};

const measure = async (open: number): Promise<void> => {
  const folder = temporaryFolder();
  const db = openForWriting(join(folder.path, "lacuna.db"));
  try {
    const store = new GapStore(db);
    const times: number[] = [];
    for (let round = 0; round <= ROUNDS; round++) {
      const batches = opsOf(round, open);
      const beganMs = performance.now();
      db.transaction(() => store.apply(batches, new Set())).immediate();
      store.settle();
      if (round > 0) times.push(performance.now() - beganMs);
      await breathe();
    }
    times.sort((a, b) => a - b);
    const ms = (value: number | undefined): string => (value ?? 0).toFixed(1);
    console.log(
      `${RUNS} runs, ${open} open gaps each, ${CHANGES} of them lost and as many new: ${ms(times[times.length >> 1])} ms (least ${ms(times[0])}, most ${ms(times.at(-1))})`,
    );
  } finally {
    db.close();
    folder.remove();
  }
};

for (const open of [0, 10, 100, 1000]) await measure(open);
