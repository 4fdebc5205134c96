import { expect } from "vitest";
import type { RasterBlock } from "../../../db/query/query-types.ts";
import { ROW } from "../../../protocol/ledger-row.ts";
import type { Range } from "../../../protocol/ranges.ts";
import type { ModelRun } from "../ingest-model.ts";
import type { StoredWorld, WorldDevice } from "./stored-world.ts";

type Absences = Record<"missing" | "recovered" | "late" | "lost", number>;

/** numberings this wide are looked at number by number */
const WIDEST = 5000;

const heardRuns = ({ runs }: WorldDevice): ModelRun[] => runs.filter(({ row }) => row[ROW.FIRST]! >= 0);

/** The raster of a device's newest numbers: each block counts what was told of the numbers in it. */
export const checkRaster = async (world: StoredWorld): Promise<void> => {
  const { draw } = world;
  world.flush();
  const device = draw.pick(world.devices);
  const size = draw.pick([1, 3, 10]);
  const blocks = draw.pick([1, 5, 1000]);
  const [found] = await world.reader.raster({ devices: [device.id], size, blocks });
  expectNewest(found!.runs, device, size, blocks);
  for (const { epoch, run: index, first, last, exactFrom, blocks: shown } of found!.runs) {
    const { run } = device.runs.find((one) => one.epoch === epoch && one.index === index)!;
    const from = Math.max(first, exactFrom);
    const expected = new Map<number, Absences>();
    for (const [number, { state, arrival }] of world.told.of(run)) {
      if (number < from || number > last || arrival === "reordered") continue;
      const block = expected.get(Math.floor(number / size)) ?? { missing: 0, recovered: 0, late: 0, lost: 0 };
      expected.set(Math.floor(number / size), block);
      if (state === "open") block.missing++;
      else if (state === "lost") block.lost++;
      else if (arrival !== null) block[arrival]++;
    }
    // what began below the exact part may be counted in its block
    const exact = shown.filter(({ block }) => block * size >= from);
    const wanted = [...expected].filter(([block]) => block * size >= from);
    expect(new Map(exact.map(absencesOf))).toEqual(new Map(wanted));
  }
};

/** So many blocks as are asked for, or all there are, from the newest number backward. */
const expectNewest = (
  shown: readonly { first: number; last: number }[],
  device: WorldDevice,
  size: number,
  blocks: number,
): void => {
  const heard = heardRuns(device).map(({ row }) => ({ first: row[ROW.FIRST]!, last: row[ROW.HIGH_WATER]! }));
  const blocksIn = (spans: typeof shown): number =>
    spans.reduce((sum, { first, last }) => sum + Math.floor(last / size) - Math.floor(first / size) + 1, 0);
  expect(blocksIn(shown)).toBe(Math.min(blocks, blocksIn(heard)));
  const newest = heard.slice(heard.length - shown.length);
  expect(shown.map(({ last }) => last)).toEqual(newest.map(({ last }) => last));
};

const absencesOf = ({ block, missing, recovered, late, causes }: RasterBlock): [number, Absences] => {
  const lost = Object.values(causes).reduce((total, count) => total + count, 0);
  return [block, { missing, recovered, late, lost }];
};

/** The set of numbers received of each epoch, by which collectors could be united: none left out, none made up. */
export const checkReceived = async (world: StoredWorld): Promise<void> => {
  world.flush();
  const device = world.draw.pick(world.devices);
  const limit = world.draw.pick([1, 2, 1000]);
  const { epochs } = await world.reader.received({ device: device.id, epoch: null, limit, after: null });
  const heard = heardRuns(device);
  const declared = new Set(heard.flatMap(({ epoch }) => (epoch === null ? [] : [epoch])));
  expect(epochs.map(({ epoch }) => epoch)).toEqual([...declared].sort((a, b) => a - b).slice(0, limit));
  for (const { epoch, first, last, received, untold, missing } of epochs) {
    const runs = heard.filter((run) => run.epoch === epoch);
    expect([first, last]).toEqual([
      Math.min(...runs.map(({ row }) => row[ROW.FIRST]!)),
      Math.max(...runs.map(({ row }) => row[ROW.HIGH_WATER]!)),
    ]);
    for (const run of runs) {
      for (const number of run.received) expect(isIn(received, number) || isIn(untold, number)).toBe(true);
    }
    if (last - first > WIDEST) continue;
    for (let number = first; number <= last; number++) {
      if (runs.some((run) => run.received.has(number))) continue;
      expect(isIn(received, number), `${number} was not received`).toBe(false);
      const isOpen = runs.some((run) => run.open.has(number));
      if (!world.forgets) expect(isIn(missing, number), `${number} is missing`).toBe(isOpen);
    }
  }
};

const isIn = (ranges: readonly Range[], number: number): boolean =>
  ranges.some(([first, last]) => number >= first && number <= last);
