import { expect } from "vitest";
import type { GapRow, GapsQuery, Position } from "../../../db/query/query-types.ts";
import { CAUSES } from "../../../protocol/ledger-row.ts";
import type { ModelRun } from "../ingest-model.ts";
import type { StoredWorld } from "./stored-world.ts";
import type { ToldNumber } from "./told-numbers.ts";

/**
 * Walks through rows of gaps page by page while the store goes on living. They come in order and name each number once; of a number nothing
 * was told of meanwhile they say what was told of it before.
 */
export const checkGaps = async (world: StoredWorld): Promise<void> => {
  const { draw } = world;
  world.flush();
  const device = draw.chance(0.5) ? null : draw.pick(world.devices);
  const state = draw.pick([null, null, "open", "lost", "filled"] as const);
  const cause = draw.chance(0.7) ? null : draw.pick(CAUSES);
  const order = draw.pick(["asc", "desc"] as const);
  const limit = draw.pick([1, 2, 5, 100]);
  const query = { device: device?.id ?? null, state, cause, fromUs: null, toUs: null, order, limit };

  const isMoving = draw.chance(0.5);
  // some begin meanwhile
  const runs = () => (device === null ? world.devices : [device]).flatMap((one) => one.runs);
  const atFirst = new Map(runs().map(({ run }) => [run, new Map(world.told.of(run))]));
  const rows = await walk(world, query, () => {
    if (isMoving && draw.chance(0.3)) world.steps(1 + draw.below(4));
  });
  const said = byNumber(world, order === "asc" ? rows : rows.toReversed(), isMoving);
  for (const { run } of runs()) {
    for (const [number, told] of world.told.of(run)) {
      const row = said.get(`${run} ${number}`);
      said.delete(`${run} ${number}`);
      if (!isSame(told, atFirst.get(run)?.get(number))) continue;
      const isAsked = (state === null || told.state === state) && (cause === null || told.cause === cause);
      // retention folds rows into counts
      if (row === undefined && (!isAsked || world.forgets)) continue;
      expect(isAsked, `${run} ${number} ${told.state} by ${JSON.stringify(query)}`).toBe(true);
      expect(row, `${run} ${number}`).toMatchObject({
        state: told.state,
        openedAtUs: told.openedAt,
        cause: told.cause,
        arrival: told.arrival,
      });
      if (told.state === "lost") expect(row!.closedAtUs).toBe(told.closedAt);
    }
  }
  // an open one may have come inside its window meanwhile: then it is nowhere any more
  const unknown = [...said].filter(([, { state: was }]) => !(isMoving && was === "open"));
  expect(unknown, "of which no gap was told").toEqual([]);
};

const walk = async (
  world: StoredWorld,
  query: Omit<GapsQuery, "after">,
  between: () => void,
): Promise<GapRow[]> => {
  const rows: GapRow[] = [];
  let after: Position | null = null;
  do {
    const page = await world.reader.gaps({ ...query, after });
    rows.push(...page.gaps);
    after = page.next;
    between();
  } while (after !== null);
  return rows;
};

/**
 * Each number with the row that names it. @param rows - by numbering and number
 * @param isMoving - a row that ended a page may come again, longer, because numbers joined it
 */
const byNumber = (world: StoredWorld, rows: readonly GapRow[], isMoving: boolean): Map<string, GapRow> => {
  const said = new Map<string, GapRow>();
  let before = { run: 0, first: -1, last: -1 };
  for (const row of rows) {
    const { run } = runOf(world, row);
    const isLonger = isMoving && (row.first > before.first || row.last > before.last);
    const isNext = run > before.run || (run === before.run && (row.first > before.last || isLonger));
    expect(isNext, `${JSON.stringify(row)} after ${JSON.stringify(before)}`).toBe(true);
    before = { run, first: row.first, last: row.last };
    for (let number = row.first; number <= row.last; number++) said.set(`${run} ${number}`, row);
  }
  return said;
};

const runOf = (world: StoredWorld, { device, epoch, run }: GapRow): ModelRun => {
  const { runs } = world.devices.find(({ id }) => id === device)!;
  return runs.find((one) => one.epoch === epoch && one.index === run)!;
};

const isSame = (told: ToldNumber, before: ToldNumber | undefined): boolean =>
  before !== undefined &&
  before.state === told.state &&
  before.openedAt === told.openedAt &&
  before.closedAt === told.closedAt;
