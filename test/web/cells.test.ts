import { expect, test } from "vitest";
import type { RasterBlock, RasterRun } from "../../web/src/data/types.ts";
import { cellsOf } from "../../web/src/raster/cells.ts";

const block = (number: number, given: Partial<RasterBlock>): RasterBlock => ({
  block: number,
  missing: 0,
  recovered: 0,
  late: 0,
  ...given,
  causes: {
    network: 0,
    "socket-overflow": 0,
    "queue-overflow": 0,
    "collector-down": 0,
    gone: 0,
    undetermined: 0,
    ...given.causes,
  },
});

const run = (given: Partial<RasterRun>): RasterRun => ({
  epoch: 1,
  run: 0,
  first: 0,
  last: 99,
  exactFrom: 0,
  blocks: [],
  ...given,
});

test("every block of a run is a cell, the last one as long as the run", () => {
  const cells = cellsOf({ device: "a", runs: [run({ first: 5, last: 24 })] }, 10, 100);
  expect(cells.map(({ first, last }) => [first, last])).toEqual([
    [5, 9],
    [10, 19],
    [20, 24],
  ]);
  expect(cells.map(({ worst, isStart }) => [worst, isStart])).toEqual([
    ["inOrder", false],
    ["inOrder", false],
    ["inOrder", false],
  ]);
});

test("a cell shows its worst bin, and all of its numbers are in one bin", () => {
  const blocks = [
    block(1, { recovered: 1, late: 2, missing: 1, causes: { "queue-overflow": 3 } as RasterBlock["causes"] }),
  ];
  const [, cell] = cellsOf({ device: "a", runs: [run({ blocks })] }, 10, 100);
  expect(cell).toMatchObject({ worst: "queue-overflow", absent: 0.4 });
  expect(cell!.bins).toEqual({ inOrder: 3, recovered: 1, late: 2, missing: 1, "queue-overflow": 3 });
});

test("only the newest cells are kept, over the runs", () => {
  const runs = [run({ epoch: 1, last: 29 }), run({ epoch: 2, last: 9 })];
  const cells = cellsOf({ device: "a", runs }, 10, 2);
  expect(cells.map(({ epoch, first }) => [epoch, first])).toEqual([
    [1, 20],
    [2, 0],
  ]);
  // the first run may have begun long before what is shown
  expect(cells.map(({ isStart }) => isStart)).toEqual([false, true]);
});

test.each([
  [15, [false, true, true]],
  [19, [false, true, true]],
  [20, [false, false, true]],
])("what is too old to be told apart, below %d, is not called whole", (exactFrom, known) => {
  const cells = cellsOf({ device: "a", runs: [run({ last: 29, exactFrom })] }, 10, 100);
  expect(cells.map(({ isKnown }) => isKnown)).toEqual(known);
});
