import { expect, test } from "vitest";
import type { Cell } from "../../web/src/raster/cells.ts";
import { placeNow } from "../../web/src/raster/chosen-cell.ts";

const cell = (first: number, epoch = 1): Cell => ({ epoch, run: 0, first }) as Cell;
const place = { row: 0, fromRight: 1 };
const held = { device: "b", cell: cell(3) };

test.each([
  ["nothing is chosen", null, ["b"], [[cell(3)]], null],
  ["a place stays where it is", { place, held: null }, ["a"], [[]], place],
  [
    "a cell moves with its row, and as others come",
    { place, held },
    ["a", "b"],
    [[], [cell(3, 0), cell(3), cell(10), cell(20)]],
    { row: 1, fromRight: 2 },
  ],
  [
    "it is the same when more of its block has become known",
    { place, held },
    ["b"],
    [[cell(0)]],
    { row: 0, fromRight: 0 },
  ],
  ["that of another epoch is another", { place, held }, ["b"], [[cell(3, 2)]], null],
  ["its device is out of sight", { place, held }, ["a"], [[cell(3)]], null],
  ["it is too long ago", { place, held }, ["b"], [[cell(10)]], null],
])("%s", (_, chosen, ids, rows, now) => {
  expect(placeNow(chosen, ids, rows, 10)).toEqual(now);
});
